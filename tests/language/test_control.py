"""What `if`, `repeat` and `share` may say."""

from __future__ import annotations

from typing import Any

import pytest

from protonet.language.control import (
    MOST_LAYERS,
    block_problem,
    lender,
    share_problem,
    switch_problem,
    times_problem,
)
from protonet.language.scope import Scope
from protonet.problems import Mark, Problem, SourceText

MARK = Mark(SourceText("net.yaml", ("share: b",)), 1, 8, 9)


def scope(turn: int | None = None) -> Scope:
    """Return one with a layer `ip`, an instance `a` of block fc, and `r`, repeated 3 times."""
    seen = {"ip": None, "a": "fc", "r_1": "fc", "r_2": "fc", "r_3": "fc", "r": "fc"}
    return Scope("", {}, repeats={"r": 3}, seen=seen, turn=turn)


@pytest.mark.parametrize("value", [True, False])
def test_a_switch_is_true_or_false(value: bool) -> None:
    assert switch_problem(value, MARK, "a") is None


@pytest.mark.parametrize(
    ("value", "got"), [(1, "1"), (0, "0"), ("yes", '"yes"'), ([], "[]"), (None, "null")]
)
def test_a_switch_that_is_neither_is_refused(value: Any, got: str) -> None:
    assert switch_problem(value, MARK, "a") == Problem(
        "PN010", MARK, "a.if", "true or false is needed", got
    )


@pytest.mark.parametrize("value", [0, 1, MOST_LAYERS])
def test_a_layer_is_repeated_so_many_times(value: int) -> None:
    assert times_problem(value, MARK, "a") is None


@pytest.mark.parametrize(
    ("value", "got"), [(-1, "-1"), (50_001, "50001"), (True, "true"), (2.0, "2.0"), ("3", '"3"')]
)
def test_times_that_cannot_be_are_refused(value: Any, got: str) -> None:
    assert times_problem(value, MARK, "a") == Problem(
        "PN013", MARK, "a.repeat", "a whole number from 0 to 15,000 is needed", got
    )


def test_the_place_of_a_key_is_told_without_a_name_where_there_is_none() -> None:
    problems = [switch_problem(1, MARK, None), times_problem(-1, MARK, None)]
    assert [problem.path for problem in problems if problem] == ["if", "repeat"]


@pytest.mark.parametrize(
    ("written", "turn", "found"),
    [
        ("ip", None, "ip"),
        ("a/ip", None, "a/ip"),
        ("r", None, "r_3"),
        ("r", 0, "r_1"),
        ("r_2", None, "r_2"),
        ("r/ip", 1, "r_2/ip"),
        ("b", None, None),
        ("b/ip", None, None),
    ],
)
def test_the_lender_is_a_layer_or_instance_above(
    written: str, turn: int | None, found: str | None
) -> None:
    assert lender(written, scope(turn)) == found


def test_a_lender_that_is_not_there_is_told_with_the_nearest_name() -> None:
    problem = share_problem("ipp", scope(), MARK, "c")
    assert problem.render() == (
        "error[PN036] net.yaml:1:8 c.share: no layer or instance above is named ipp\n"
        "    1 | share: b\n"
        "      |        ^\n"
        "      did you mean ip?                          see: protonet explain PN036"
    )


def test_instances_of_one_block_share() -> None:
    assert block_problem("a", "fc", scope(), MARK, "c") is None


def test_what_lies_inside_an_instance_is_not_judged_by_its_name() -> None:
    assert block_problem("a/inner", "fc", scope(), MARK, "c") is None


@pytest.mark.parametrize(
    ("other", "block", "why"),
    [
        ("a", "conv", "a is an instance of block fc, c of conv"),
        ("ip", "fc", "ip is a layer, c of fc"),
    ],
)
def test_others_do_not(other: str, block: str, why: str) -> None:
    assert block_problem(other, block, scope(), MARK, "c") == Problem(
        *("PN036", MARK, "c.share", why, ""), "only instances of one block share their parameters"
    )
