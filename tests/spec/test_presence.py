"""When names are given to blobs that exist."""

from __future__ import annotations

from protonet.language import Frame, Plan
from protonet.spec.presence import presences
from protonet.spec.state import Presence, Rule


def renaming(**when: object) -> Frame:
    return Frame("", range(0), (("0", "data"),), (("0", "off"),), when=when)


def test_a_net_without_a_plan_has_none() -> None:
    assert presences(None) == ({}, [])


def test_those_that_hold_in_every_net_are_left_out() -> None:
    plan = Plan((), (renaming(), renaming(phase="train"), renaming(include={"stage": "fast"})))
    found, wrong = presences(plan)
    assert not wrong
    assert found == {
        1: Presence(phase=("train",)),
        2: Presence(include=(Rule(stage=("fast",)),)),
    }


def test_what_is_wrong_is_told_at_the_frame() -> None:
    found, wrong = presences(Plan((), (renaming(), renaming(phase=["train", "tran"]))))
    assert not found
    assert [line["loc"] for line in wrong] == [("frames", 1, "phase", 1)]
