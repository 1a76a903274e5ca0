"""What the layers of an instance have in common."""

from __future__ import annotations

from typing import Any

import pytest

from protonet.language.frames import Use
from protonet.language.scope import Scope, pushed_into, with_full_tops
from protonet.problems import Mark, SourceText
from protonet.source import Marks

TEXT = SourceText("net.yaml", ("{name: ip, phase: train, include: {}}",))
MARK = Mark(TEXT, 1, 1, 38)
MARKS = Marks(MARK, None, {"phase": Marks(Mark(TEXT, 1, 19, 24), Mark(TEXT, 1, 12, 17))})
NET = Scope("", {})


def inside(**pushed: Any) -> Scope:
    return Scope("a", {}, (Use("fc", "a", MARK),), pushed)


@pytest.mark.parametrize(
    ("scope", "local", "full"), [(NET, "ip", "ip"), (inside(), "ip", "a/ip"), (inside(), ".", "a")]
)
def test_a_name_is_completed_by_that_of_the_instance(scope: Scope, local: str, full: str) -> None:
    assert scope.full(local) == full


def test_the_uses_of_blocks_are_told_innermost_first() -> None:
    scope = Scope("a/b", {}, (Use("fc", "a", MARK), Use("in", "a/b", MARK)))
    assert scope.words() == (
        "in block in, used as a/b in net.yaml:1:1",
        "in block fc, used as a in net.yaml:1:1",
    )


@pytest.mark.parametrize(("full", "other"), [("a", "b"), ("a/ip", "b/ip"), ("a/c/ip", "b/c/ip")])
def test_where_an_instance_shares_each_of_its_layers_has_a_counterpart(
    full: str, other: str
) -> None:
    assert Scope("a", {}, share=("a", "b")).counterpart(full) == other
    assert Scope("a", {}).counterpart(full) is None


@pytest.mark.parametrize(
    ("data", "top"),
    [({"top": "y"}, ["a/y"]), ({"top": ["y", "."]}, ["a/y", "a"]), ({"top": 3}, 3), ({}, None)],
)
def test_tops_that_are_written_get_their_full_names(data: dict[str, Any], top: Any) -> None:
    assert with_full_tops(data, inside()).get("top") == top


def test_tops_of_the_net_itself_stay_as_they_are() -> None:
    assert with_full_tops({"top": "y"}, NET) == {"top": "y"}


@pytest.mark.parametrize(
    ("pushed", "data", "merged"),
    [
        ({}, {"phase": "train"}, {"phase": "train"}),
        ({"frozen": True}, {}, {"frozen": True}),
        ({"frozen": True}, {"frozen": False}, {"frozen": False}),
        ({"phase": "train"}, {}, {"phase": "train"}),
        ({"include": {"stage": "s"}}, {}, {"include": {"stage": "s"}}),
        ({"phase": ["train", "test"]}, {"phase": "test"}, {"phase": ["test"]}),
        ({"phase": "train"}, {"phase": "test"}, {"phase": []}),
    ],
)
def test_phases_and_frozen_of_an_instance_reach_its_layers(
    pushed: dict[str, Any], data: dict[str, Any], merged: dict[str, Any]
) -> None:
    assert pushed_into(data, inside(**pushed), MARKS) == (merged, [])


def test_rules_of_two_kinds_cannot_be_put_together() -> None:
    scope = inside(include={"stage": "s"})
    _, problems = pushed_into({"name": "ip", "phase": "train"}, scope, MARKS)
    assert [problem.render() for problem in problems] == [
        "error[PN015] net.yaml:1:12 net.layers.a/ip.phase: "
        "phase here and include of the instance a cannot be put together\n"
        "    1 | {name: ip, phase: train, include: {}}\n"
        "      |            ^^^^^\n"
        "      give phase in both, or one of them only   see: protonet explain PN015\n"
        "      in block fc, used as a in net.yaml:1:1"
    ]
