from __future__ import annotations

import pytest

from protonet.hooks.ticker import Ticker, is_due


@pytest.mark.parametrize(
    ("iteration", "interval", "expected"),
    [(0, 5, True), (4, 5, False), (5, 5, True), (10, 5, True), (0, 0, False), (7, 0, False)],
)
def test_something_is_due_at_the_multiples_of_its_interval(
    iteration: int, interval: int, expected: bool
) -> None:
    assert is_due(iteration, interval) is expected


def test_a_ticker_is_due_when_its_time_has_passed_since_it_last_was() -> None:
    times = iter([0.0, 5.0, 12.0, 13.0, 22.0])
    ticker = Ticker(10.0, lambda: next(times))
    assert [is_due(iteration, ticker) for iteration in (1, 2, 3, 4)] == [False, True, False, True]


def test_all_who_ask_about_one_iteration_get_one_answer() -> None:
    times = iter([0.0, 10.0, 11.0])
    ticker = Ticker(10.0, lambda: next(times))
    assert [ticker.is_due(iteration) for iteration in (7, 7, 8, 8)] == [True, True, False, False]
