"""Frames around the layers of an instance, and the plan that they lie in."""

from __future__ import annotations

import pytest

from protonet.language.frames import Frame, Plan, Run, Use, frames_around, instances, plain_plan
from protonet.problems import Mark, SourceText
from tests.language.expansions import expanded

FRAME = Frame("res/a", range(2), (), ())
MARK = Mark(SourceText("net.yaml", ()), 4, 7, 9)


@pytest.mark.parametrize(
    ("local", "full"), [("conv", "res/a/conv"), (".", "res/a"), ("b/conv", "res/a/b/conv")]
)
def test_a_name_inside_has_a_full_name_outside(local: str, full: str) -> None:
    assert FRAME.full(local) == full
    assert FRAME.local(full) == local


def test_a_frame_without_a_name_changes_no_name() -> None:
    frame = Frame("", range(0), (), ())
    assert (frame.full("conv"), frame.local("conv"), frame.prefix) == ("conv", "conv", "")


def test_a_name_of_elsewhere_stays_what_it_is() -> None:
    assert FRAME.local("res/ab") == "res/ab"


def test_a_plan_without_blocks_runs_every_layer_once() -> None:
    assert plain_plan(2) == Plan((Run(0), Run(1)))
    assert plain_plan(2).layers == 2


def test_the_layers_of_a_plan_are_counted_without_its_frames() -> None:
    block = "two: {layers: [{name: a, type: ReLU}, {name: b, type: ReLU}]}"
    plan = expanded("name: p, type: two", "name: q, type: two", blocks=block).plan
    assert plan is not None
    assert (plan.layers, len(plan.frames), len(plan.steps)) == (4, 2, 8)
    assert plan.blocks == ("two",)


def test_a_use_says_which_block_it_is_of_and_where() -> None:
    assert str(Use("b", "res/a", MARK)) == "in block b, used as res/a in net.yaml:4:7"


def test_the_instances_of_a_chain_of_uses_are_told_in_order() -> None:
    assert instances([Use("b", "res", MARK), Use("c", "res/a", MARK)]) == ("res", "res/a")


def test_each_layer_knows_the_frames_around_it() -> None:
    plan = expanded(
        "name: first, type: ReLU",
        "name: p, type: pair",
        "name: last, type: one",
        blocks="""
        one: {layers: [{name: x, type: ReLU}]}
        pair: {layers: [{name: a, type: one}, {name: b, type: ReLU}, {name: c, type: one}]}
        """,
    ).plan
    assert plan is not None
    around = [[plan.frames[frame].name for frame in frames] for frames in frames_around(plan)]
    assert around == [[], ["p", "p/a"], ["p"], ["p", "p/c"], ["last"]]
