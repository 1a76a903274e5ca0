"""A block applied along an axis: its layers lie in a frame, and the recurrent layer behind them."""

from __future__ import annotations

from typing import Any

import pytest

from protonet.language import Carried, Loop
from protonet.language.recurrence import first_read, reading
from tests.language.expansions import expanded, flat, refusal, refused

STEP = """\
step:
  bottoms: [x, h]
  layers: [{name: h_next, type: Eltwise, bottom: [x, h]}]
two:
  bottoms: [x, h, c]
  args: {size: 4}
  tops: [h_next]
  layers:
    - {name: h_next, type: Eltwise, bottom: [x, h]}
    - {name: c_next, type: Eltwise, bottom: [c, h_next]}
taken:
  args: {axis: }
  layers: [{name: relu, type: ReLU}]
"""


def line(keys: str) -> str:
    return f"name: r, type: Recurrent, {keys}"


def heads(keys: str) -> list[str]:
    """Return the first line of each problem, and the last."""
    return [
        f"{told.splitlines()[0]} | {told.splitlines()[-1].strip()}"
        for told in refused(line(keys), blocks=STEP)
    ]


def loop_of(keys: str) -> Loop | None:
    plan = expanded(line(keys), blocks=STEP).plan
    assert plan is not None
    return plan.frames[0].loop


def test_the_layers_of_a_step_stand_before_the_recurrent_layer() -> None:
    keys = (
        "block: two, size: 5, over: {x: data}, carry: {h: [h_next, label], c: c_next}, "
        "top: [r, last]"
    )
    assert flat(line(keys), blocks=STEP) == [
        {"name": "r/h_next", "type": "Eltwise", "bottom": ["x", "h"]},
        {"name": "r/c_next", "type": "Eltwise", "bottom": ["c", "h_next"]},
        {
            "name": "r",
            "type": "Recurrent",
            "block": "two",
            "over": {"x": "data"},
            "carry": {"h": ["h_next", "label"], "c": "c_next"},
            "top": ["r", "last"],
            "bottom": ["data", "label"],
        },
    ]
    plan = expanded(line(keys), blocks=STEP).plan
    assert plan is not None
    (frame,) = plan.frames
    assert (frame.name, frame.layers, frame.tops) == ("r", range(2), (("h_next", "r"),))
    assert frame.bottoms == (("x", None), ("h", None), ("c", None))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            "block: step, over: {x: data}, carry: {h: [h_next, label]}",
            Loop(1, (("x", 0),), (), (Carried("h", "h_next", 1),)),
        ),
        (
            "block: step, over: {x: data}, carry: {h: h_next}",
            Loop(1, (("x", 0),), (), (Carried("h", "h_next"),)),
        ),
        (
            "block: step, over: {x: data}, carry: {h: [h_next, [1, N, 4]]}",
            Loop(1, (("x", 0),), (), (Carried("h", "h_next", None, (1, "N", 4)),)),
        ),
        (
            "block: two, constant: {c: label}, over: {x: data}, carry: {h: [h_next, data]}",
            Loop(2, (("x", 0),), (("c", 1),), (Carried("h", "h_next", 2),)),
        ),
        (
            "block: step, over: {x: data, h: label}",
            Loop(1, (("x", 0), ("h", 1)), (), ()),
        ),
    ],
)
def test_what_is_cut_handed_on_and_constant_is_kept(keys: str, expected: Loop) -> None:
    loop = loop_of(keys)
    assert loop == expected


def test_a_bottom_is_named_by_the_key_that_says_it() -> None:
    loop = Loop(0, (("x", 0),), (("m", 1),), (Carried("c", "c_t"), Carried("h", "h_t", 2)))
    assert [loop.key(place) for place in range(3)] == [
        ("over", "x"),
        ("constant", "m"),
        ("carry", "h", 1),
    ]


def test_one_that_is_off_passes_on_what_it_goes_along_and_repetitions_read_each_other() -> None:
    off = expanded(line("block: step, if: false, over: {x: data}, carry: {h: h_next}"), blocks=STEP)
    assert off.plan is not None
    assert off.plan.frames[0].bottoms == (("0", "data"),)
    twice = flat(line("block: step, repeat: 2, over: {x: data}, carry: {h: h_next}"), blocks=STEP)
    assert [layer.get("over") for layer in twice if layer["type"] == "Recurrent"] == [
        {"x": "data"},
        {"x": "r_1"},
    ]


@pytest.mark.parametrize(
    ("item", "read", "again"),
    [
        ({"bottom": ["a", "b"]}, ["a", "b"], {"bottom": ["new", "b"]}),
        ({"bottom": "a"}, "a", {"bottom": ["new"]}),
        ({}, None, {}),
        (
            {"type": "Recurrent", "over": {"x": "a", "y": "b"}},
            "a",
            {"type": "Recurrent", "over": {"x": "new", "y": "b"}},
        ),
        ({"type": "Recurrent", "over": 3}, None, {"type": "Recurrent", "over": 3}),
    ],
)
def test_what_a_layer_reads_first(item: dict[str, Any], read: Any, again: dict[str, Any]) -> None:
    assert first_read(item) == read
    assert reading(item, "new") == again


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (
            "over: {x: data}",
            "error[PN011] net.yaml:18:7 net.layers.r.block: missing"
            " | the block that is applied                 see: protonet explain PN011",
        ),
        (
            "block: 3, over: {x: data}",
            "error[PN010] net.yaml:18:41 net.layers.r.block: a text is needed"
            " | got 3                                     see: protonet explain PN010",
        ),
        (
            "block: stop, over: {x: data}",
            "error[PN033] net.yaml:18:41 net.layers.r.block: there is no block stop"
            " | did you mean step?                        see: protonet explain PN033",
        ),
        (
            "block: step, over: 3, carry: {x: data, h: data}",
            "error[PN010] net.yaml:18:53 net.layers.r.over: a map is needed"
            " | got 3; over: {x: blob}                    see: protonet explain PN010",
        ),
        (
            "block: step, over: {}, constant: {x: data}, carry: {h: data}",
            "error[PN033] net.yaml:18:53 net.layers.r.over: it is empty"
            " | over: {x: blob} goes along blob           see: protonet explain PN033",
        ),
        (
            "block: step, constant: {x: data}, carry: {h: data}",
            "error[PN011] net.yaml:18:7 net.layers.r.over: missing"
            " | over: {x: blob} goes along blob           see: protonet explain PN011",
        ),
        (
            "block: step, over: {x: data}",
            "error[PN033] net.yaml:18:41 net.layers.r.block: "
            "the block's bottom h is given by none of over, carry, constant"
            " | see: protonet explain PN033",
        ),
        (
            "block: step, over: {x: data}, carry: {h: [a, data]}, constant: {x: data}",
            "error[PN033] net.yaml:18:98 net.layers.r.constant.x: the bottom x is given twice"
            " | see: protonet explain PN033",
        ),
        (
            "block: step, over: {x: data, y: data}, carry: {h: [h_next, data]}",
            "error[PN033] net.yaml:18:63 net.layers.r.over.y: block step has no bottom y"
            " | known: h, x                               see: protonet explain PN033",
        ),
        (
            "block: step, over: {x: [data]}, constant: {h: data}",
            "error[PN010] net.yaml:18:57 net.layers.r.over.x: the name of a blob is needed"
            ' | got ["data"]                              see: protonet explain PN010',
        ),
        (
            "block: step, over: {x: data}, carry: {h: [h_next, [0]]}",
            "error[PN010] net.yaml:18:75 net.layers.r.carry.h: "
            "what the next step gets is needed, and its first value if it has one"
            ' | got ["h_next", [0]]; write h_next, [h_next, h0] or [h_next, [32]]'
            "  see: protonet explain PN010",
        ),
        (
            "block: step, over: {x: data}, constant: {h: data}, cary: 1",
            "error[PN012] net.yaml:18:85 net.layers.r.cary: "
            "Recurrent has no key cary, and block step no such argument"
            " | got 1; did you mean carry?                see: protonet explain PN012",
        ),
        (
            "block: step, over: {x: data}, constant: {h: data}, bottom: data",
            "error[PN012] net.yaml:18:85 net.layers.r.bottom: "
            "Recurrent has no key bottom, and block step no such argument"
            ' | got "data"; over, carry and constant name what it reads'
            "  see: protonet explain PN012",
        ),
        (
            "block: step, over: {x: data}, constant: {h: data}, loss_weight: 1",
            "error[PN012] net.yaml:18:85 net.layers.r.loss_weight: "
            "Recurrent has no key loss_weight, and block step no such argument"
            " | got 1; write it in the layers of block step  see: protonet explain PN012",
        ),
        (
            "block: taken, axis: 1, over: {x: data}",
            "error[PN033] net.yaml:18:41 net.layers.r.block: "
            "Recurrent has a key axis, so it cannot be given the argument axis"
            " | give the argument another name            see: protonet explain PN033",
        ),
        (
            "block: step, over: {x: data}, carry: {h: h_next}, top: [a, b, c]",
            "error[PN025] net.yaml:18:89 net.layers.r.top: "
            "block step gives 1 top and carries 1, here 3"
            " | the block's tops, then the last value of what is carried"
            "  see: protonet explain PN025",
        ),
    ],
)
def test_what_is_wrong_with_a_recurrent_layer_is_told(keys: str, told: str) -> None:
    assert heads(keys) == [told]


def test_a_block_cannot_be_applied_inside_itself() -> None:
    block = """\
    step:
      layers: [{name: r, type: Recurrent, block: step, over: {x: x}}]
    """
    text = refusal(line("block: step, over: {x: data}"), blocks=block)
    assert text.splitlines()[0].endswith(
        "net.layers.r/r.type: a block contains itself: step → step"
    )


def test_what_reads_a_recurrent_layer_is_no_further_mistake() -> None:
    reader = "name: ip, type: InnerProduct, num_output: 2, bottom: r"
    text = refusal(line("block: stop, over: {x: data}"), reader, blocks=STEP)
    assert text.splitlines()[-1] == "1 error in net.yaml"
