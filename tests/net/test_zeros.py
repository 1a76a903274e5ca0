"""The shapes of first values that are zeros follow from the block, or are written."""

from __future__ import annotations

import pytest

from protonet.errors import SpecError
from protonet.net import prove_phases, shape_errors
from protonet.schema import check_spec, located
from tests.specs import origin_of, spec_of

HEAD = """\
net:
  inputs: {x: [T, N, 3], deep: [S, T, N, 3], wide: {shape: [T, N, 3], dtype: float64},
           fixed: {shape: [7, 3], batch: false}}
  blocks:
    gru:                                  # the gates have the state's size, the input another
      bottoms: [x, h]
      tops: [h_t]
      layers:
        - {name: xr, type: InnerProduct, num_output: 4, bottom: x}
        - {name: hr, type: InnerProduct, num_output: 4, bottom: h}
        - {name: r, type: Eltwise, bottom: [xr, hr]}
        - {name: gate, type: Sigmoid}
        - {name: h_t, type: Eltwise, operation: PROD, bottom: [gate, h]}
    two:
      bottoms: [x, h, c]
      tops: [h_t, c_t]
      layers:
        - {name: both, type: Concat, bottom: [x, h]}
        - {name: h_t, type: InnerProduct, num_output: 4}
        - {name: c_t, type: Eltwise, bottom: [h_t, c]}
    grow: {bottoms: [x, h], layers: [{name: h_t, type: Concat, bottom: [x, h]}]}
    picky:
      bottoms: [x, h]
      tops: [h_t]
      layers:
        - {name: wrong, type: Concat, axis: 5, bottom: x}
        - {name: h_t, type: Eltwise, bottom: [wrong, h]}
    cell:
      bottoms: [x, h]
      layers: [{name: h_t, type: nn.GRUCell, hidden_size: 6, bottom: [x, h]}]
    cells:
      bottoms: [x, h]
      tops: [all]
      layers:
        - {name: r, type: Recurrent, block: cell, over: {x: x}, carry: {h: [h_t, h]},
           top: [all, last]}
    apart: {bottoms: [x, h], layers: [{name: h_t, type: TanH, bottom: h}]}
  layers:
"""


def shapes(keys: str) -> dict[str, tuple[tuple[int | str, ...], str]]:
    """Return the axes and the type of each blob that the layer gives."""
    spec = spec_of(f"{HEAD}    - {{name: r, type: Recurrent, {keys}}}\n")
    with located(spec):
        form = prove_phases(spec.net)["train"]
    return {
        name: (form.axes(value), str(form.shapes[name].dtype).removeprefix("torch."))
        for name, value in form.outputs.items()
    }


def told(keys: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        shapes(keys)
    lines = str(caught.value).splitlines()
    return [line.strip() for line in (lines[0], *lines[3:-1])]


def test_the_shape_is_one_that_a_step_makes_and_keeps() -> None:
    assert shapes("block: gru, over: {x: x}, carry: {h: h_t}, top: [all, last]") == {
        "all": (("T", "N", 4), "float32"),
        "last": (("N", 4), "float32"),
    }


def test_the_shape_is_what_a_layer_says_it_gives() -> None:
    assert shapes("block: cell, over: {x: x}, carry: {h: h_t}") == {"r": (("T", "N", 6), "float32")}
    assert shapes("block: cells, over: {x: deep}, carry: {h: last}, top: [r, last]") == {
        "r": (("S", "T", "N", 6), "float32"),
        "last": (("N", 6), "float32"),
    }


def test_several_are_found_together_and_beside_one_that_is_written() -> None:
    for carry in ("{h: h_t, c: c_t}", "{h: [h_t, [4]], c: c_t}", "{h: h_t, c: [c_t, [4]]}"):
        assert shapes(f"block: two, over: {{x: x}}, carry: {carry}, top: [h]") == {
            "h": (("T", "N", 4), "float32")
        }


def test_zeros_have_the_type_that_a_step_hands_on() -> None:
    for carry in ("h_t", "[h_t, [4]]"):
        assert shapes(f"block: gru, over: {{x: wide}}, carry: {{h: {carry}}}") == {
            "r": (("T", "N", 4), "float64")
        }


def test_a_shape_that_does_not_follow_is_asked_for() -> None:
    assert told("block: grow, over: {x: x}, carry: {h: h_t}") == [
        "error[PN026] net.yaml:39:72 net.layers.r.carry.h: "
        "the shape of h before the first step does not follow from the block",
        "write it: carry: {h: [h_t, [32]]}, or name a blob  see: protonet explain PN026",
        "bottom x (T, N, 3) from the net's inputs",
    ]


def test_what_is_wrong_whatever_the_shape_is_told_by_itself() -> None:
    first, *_ = told("block: picky, over: {x: x}, carry: {h: h_t}")
    assert first == (
        "error[PN026] net.yaml:26:11 net.layers.r/wrong: "
        "axis 5 does not exist in a bottom of shape (2, 3)"
    )


@pytest.mark.parametrize("wrong", ["type: Sigmoidal", "type: Sigmoid, kernel_size: 3"])
def test_a_layer_that_is_wrong_by_itself_is_the_only_mistake(wrong: str) -> None:
    line = "{name: r, type: Recurrent, block: gru, over: {x: x}, carry: {h: h_t}}"
    text = f"{HEAD}    - {line}\n"
    origin = origin_of(text.replace("type: Sigmoid", wrong))
    with pytest.raises(SpecError) as caught:
        check_spec(origin, prove=shape_errors)
    assert str(caught.value).endswith("1 error in net.yaml")


def test_a_shape_of_unknown_axes_is_refused() -> None:
    assert told("block: gru, over: {x: x}, carry: {h: [h_t, [K, 4]]}") == [
        "error[PN026] net.yaml:39:71 net.layers.r.carry.h: "
        "h begins with zeros of an axis K, which no input names",
        "known: N, S, T                            see: protonet explain PN026",
        "bottom x (T, N, 3) from the net's inputs",
    ]


def test_zeros_that_are_as_long_as_no_bottom_cannot_be_made() -> None:
    assert told("block: apart, over: {x: fixed}, carry: {h: [h_t, [4]]}") == [
        "error[PN026] net.yaml:39:77 net.layers.r.carry.h: "
        "axis 0 of h (N, 4) is as long as no axis of a bottom, so its zeros cannot be made",
        "name a blob for its first value           see: protonet explain PN026",
        "bottom fixed (7, 3) from the net's inputs",
    ]
