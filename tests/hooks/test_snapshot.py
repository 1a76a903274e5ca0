from __future__ import annotations

import pytest

from protonet.hooks.snapshot import Snapshots
from protonet.hooks.stopwatch import Stopwatch
from tests.hooks.test_hook import follow


def written(interval: int, updates: range, *, at_end: bool = True) -> list[int]:
    calls: list[int] = []
    hook = Snapshots(interval, calls.append, Stopwatch(), at_end=at_end)
    follow(hook, updates)
    return calls


@pytest.mark.parametrize(
    ("interval", "updates", "expected"),
    [(2, range(5), [2, 4, 5]), (2, range(4), [2, 4]), (0, range(3), [3]), (2, range(2, 3), [3])],
)
def test_snapshots_come_every_interval_and_at_the_end(
    interval: int, updates: range, expected: list[int]
) -> None:
    assert written(interval, updates) == expected


def test_the_last_one_can_be_left_out() -> None:
    assert written(2, range(3), at_end=False) == [2]


def test_one_that_is_there_is_not_written_again() -> None:
    calls: list[int] = []
    hook = Snapshots(0, calls.append, Stopwatch(), at_end=True)
    hook.before_train(0)
    hook.write(3)  # as a signal asks
    hook.after_train(3)
    assert calls == [3]
