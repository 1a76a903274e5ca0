"""One step is proved, and what does not fit in it is told with both shapes."""

from __future__ import annotations

import pytest

from protonet.errors import SpecError
from protonet.net import prove_phases
from protonet.schema import located
from tests.specs import spec_of

HEAD = """\
net:
  inputs: {x: [T, N, 3], late: [M, N, 3], by_sample: [T, 3], h0: [5],
           whole: {shape: [5], dtype: int64}}
  blocks:
    step:
      bottoms: [x, h]
      layers:
        - {name: ip, type: InnerProduct, num_output: 5, bottom: x}
        - {name: h_t, type: Eltwise, bottom: [ip, h]}
    grow: {bottoms: [x, h], layers: [{name: h_t, type: Concat, bottom: [x, h]}]}
    sum: {layers: [{name: sum, type: Reduction, axis: 0}]}
    swap: {bottoms: [x, h], layers: [{name: same, type: ReLU, bottom: x}]}
    wrong: {layers: [{name: cat, type: Concat, axis: 5}]}
  layers:
"""


def spec_with(keys: str) -> str:
    return f"{HEAD}    - {{name: r, type: Recurrent, {keys}}}\n"


def told(keys: str) -> list[str]:
    """Return what is told, without the line of the file and without the number of errors."""
    spec = spec_of(spec_with(keys))
    with pytest.raises(SpecError) as caught, located(spec):
        prove_phases(spec.net)
    lines = str(caught.value).splitlines()
    return [line.strip() for line in (lines[0], *lines[3:-1])]


def axes(keys: str) -> dict[str, tuple[int | str, ...]]:
    """Return the axes of the tops."""
    form = prove_phases(spec_of(spec_with(keys)).net)["train"]
    return {name: form.axes(value) for name, value in form.outputs.items()}


def test_tops_have_the_axis_of_the_steps() -> None:
    given = axes("block: step, over: {x: x}, carry: {h: [h_t, h0]}, top: [every, last]")
    assert given == {"every": ("T", "N", 5), "last": ("N", 5)}
    given = axes("block: step, over: {x: by_sample}, carry: {h: [h_t, h0]}, axis: 1")
    assert given == {"r": ("N", "T", 5)}


def test_what_is_carried_keeps_its_shape() -> None:
    assert told("block: grow, over: {x: x}, carry: {h: [h_t, h0]}") == [
        "error[PN026] net.yaml:10:38 net.layers.r/h_t: "
        "h_t is (N, 8), and takes the place of h, which is (N, 5)",
        "what is carried keeps its shape and type from step to step  see: protonet explain PN026",
        "h begins as h0",
        "in block grow, used as r in net.yaml:15:41",
    ]


def test_what_is_carried_keeps_its_type() -> None:
    assert told("block: swap, over: {x: late}, carry: {h: [x, whole]}")[0] == (
        "error[PN026] net.yaml:15:7 net.layers.r: x is (N, 3) float32, and takes the place of h, "
        "which is (N, 5) int64"
    )


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            "block: step, over: {x: x, h: late}",
            [
                "error[PN026] net.yaml:15:63 net.layers.r.over.h: h has M steps, and x has T",
                "what is cut has equally many              see: protonet explain PN026",
                "bottom x (T, N, 3) from the net's inputs",
                "bottom late (M, N, 3) from the net's inputs",
            ],
        ),
        (
            "block: sum, over: {x: x}, axis: 3",
            [
                "error[PN026] net.yaml:15:56 net.layers.r.over.x: x goes along axis 3 of (T, N, 3)",
                "it has 3 axes, which count from 0         see: protonet explain PN026",
                "bottom x (T, N, 3) from the net's inputs",
            ],
        ),
        (
            "block: sum, over: {x: x}, axis: 1",
            [
                "error[PN026] net.yaml:15:66 net.layers.r.axis: "
                "a step gives r/sum (), which has no place for an axis 1",
                "the tops are stacked along the axis of the steps  see: protonet explain PN026",
                "bottom x (T, N, 3) from the net's inputs",
            ],
        ),
        (
            "block: wrong, over: {x: x}",
            [
                "error[PN026] net.yaml:13:22 net.layers.r/cat: "
                "axis 5 does not exist in a bottom of shape (2, 3)",
                "its axes are 0 to 1, or -2 to -1 counted from the end  "
                "see: protonet explain PN026",
                "bottom x (N, 3) from the block's bottoms",
                "tried with N = 2",
                "in block wrong, used as r in net.yaml:15:41",
            ],
        ),
    ],
)
def test_what_does_not_fit_is_told_where_it_stands(keys: str, expected: list[str]) -> None:
    assert told(keys)[: len(expected)] == expected
