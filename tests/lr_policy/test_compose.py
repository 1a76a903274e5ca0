"""Schedules of schedules, by hand."""

from __future__ import annotations

import pytest

from protonet.lr_policy.compose import in_turn, warmed_up


def test_the_rate_rises_to_the_schedules_own() -> None:
    schedule = warmed_up(lambda iteration: 1.0 / (1 + iteration), 4, 0.5)
    found = [schedule(iteration) for iteration in range(6)]
    assert found == pytest.approx([0.5, 0.625 / 2, 0.75 / 3, 0.875 / 4, 1 / 5, 1 / 6])


def test_schedules_follow_each_other_and_count_from_their_own_beginning() -> None:
    schedule = in_turn([lambda at: 10.0 + at, lambda at: 20.0 + at, lambda at: 30.0 + at], [2, 3])
    assert [schedule(at) for at in range(7)] == [10.0, 11.0, 20.0, 21.0, 22.0, 30.0, 31.0]
