"""Phases, levels and stages, by Caffe's rules (net.cpp, StateMeetsRule)."""

from __future__ import annotations

from typing import Any

import pytest

from protonet.spec.state import Presence, Rule, State, exists_in

TEST = State("test", level=2, stages=frozenset({"val", "fast"}))


@pytest.mark.parametrize(
    ("rule", "is_met"),
    [
        ({}, True),
        ({"phase": "test"}, True),
        ({"phase": "train"}, False),
        ({"min_level": 2}, True),
        ({"min_level": 3}, False),
        ({"max_level": 2}, True),
        ({"max_level": 1}, False),
        ({"stage": "val"}, True),
        ({"stage": ["val", "fast"]}, True),
        ({"stage": ["val", "slow"]}, False),
        ({"not_stage": "slow"}, True),
        ({"not_stage": ["slow", "fast"]}, False),
        ({"phase": "test", "min_level": 1, "stage": "val", "not_stage": "slow"}, True),
        ({"phase": "test", "stage": "slow"}, False),
    ],
)
def test_a_rule_is_met_when_all_it_names_is_so(rule: dict[str, Any], is_met: bool) -> None:
    assert Rule.model_validate(rule).is_met(TEST) is is_met


def test_a_rule_without_a_level_is_met_at_every_level() -> None:
    levels = (-1, 0, 7)
    assert all(Rule(phase="train").is_met(State("train", level)) for level in levels)


@pytest.mark.parametrize(
    ("keys", "exists"),
    [
        ({}, True),
        ({"phase": "test"}, True),
        ({"phase": ["train", "deploy"]}, False),
        ({"phase": []}, False),
        ({"include": [{"stage": "slow"}, {"min_level": 1}]}, True),
        ({"include": {"stage": "slow"}}, False),
        ({"exclude": [{"stage": "slow"}, {"min_level": 3}]}, True),
        ({"exclude": {"phase": "test"}}, False),
    ],
)
def test_what_is_conditional_exists_where_its_keys_say_so(
    keys: dict[str, Any], exists: bool
) -> None:
    assert exists_in(Presence.model_validate(keys), TEST) is exists
