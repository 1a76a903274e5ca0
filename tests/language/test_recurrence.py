"""A block applied along T is checked, and refused by name."""

from __future__ import annotations

import pytest

from tests.language.expansions import refused, refused_spec

STEP = """\
step:
  bottoms: [x, h]
  layers: [{name: h_next, type: Eltwise, bottom: [x, h]}]
"""
CANNOT = "a block applied along T comes in a later version; this one cannot run it"


def line(keys: str) -> str:
    return f"- {{name: r, type: Recurrent, {keys}}}"


def heads(keys: str) -> list[str]:
    """Return the first line of each problem, and the last."""
    return [
        f"{told.splitlines()[0]} | {told.splitlines()[-1].strip()}"
        for told in refused(line(keys), STEP)
    ]


def test_a_recurrent_layer_that_is_right_is_refused_by_name() -> None:
    written = "block: step, over: {x: data}, carry: {h: [h_next, data]}"
    assert refused_spec(line(written), STEP) == (
        f"error[PN016] net.yaml:8:17 net.layers.r.type: {CANNOT}\n"
        f"    8 |     - {{name: r, type: Recurrent, {written}}}\n"
        "      |                 ^^^^\n"
        "      see: protonet explain PN016\n"
        "1 error in net.yaml"
    )


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (
            "block: stop, over: {x: data}",
            "error[PN033] net.yaml:8:34 net.layers.r.block: there is no block stop"
            " | did you mean step?                        see: protonet explain PN033",
        ),
        (
            "block: step, over: 3, carry: {x: data, h: data}",
            "error[PN010] net.yaml:8:47 net.layers.r.over: a map is needed"
            " | see: protonet explain PN010",
        ),
        (
            "block: step, over: {x: data}",
            "error[PN033] net.yaml:8:34 net.layers.r.block: "
            "the block's bottom h is given by none of over, carry, constant"
            " | see: protonet explain PN033",
        ),
        (
            "block: step, over: {x: data}, carry: {h: [a, data]}, constant: {x: data}",
            "error[PN033] net.yaml:8:87 net.layers.r.constant: the bottom x is given twice"
            " | see: protonet explain PN033",
        ),
        (
            "block: step, over: {x: data, y: data}, carry: {h: [h_next, data]}",
            "error[PN033] net.yaml:8:47 net.layers.r.over: block step has no bottom y"
            " | known: h, x                               see: protonet explain PN033",
        ),
        (
            "block: step, over: {x: data}, constant: {h: data}, cary: 1",
            "error[PN012] net.yaml:8:85 net.layers.r.cary: unknown key"
            " | did you mean carry?                       see: protonet explain PN012",
        ),
    ],
)
def test_what_is_wrong_with_a_recurrent_layer_is_told_too(keys: str, told: str) -> None:
    *found, last = heads(keys)
    assert found == [told]
    assert last == (
        f"error[PN016] net.yaml:8:17 net.layers.r.type: {CANNOT} | see: protonet explain PN016"
    )


def test_what_reads_a_recurrent_layer_is_no_further_mistake() -> None:
    reader = "\n- {name: ip, type: InnerProduct, num_output: 2, bottom: r}"
    text = refused_spec(line("block: step, over: {x: data}, carry: {h: data}") + reader, STEP)
    assert text.splitlines()[-1] == "1 error in net.yaml"
