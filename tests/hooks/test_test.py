from __future__ import annotations

import pytest
import torch

from protonet.hooks.hook import Step
from protonet.hooks.stopwatch import Stopwatch
from protonet.hooks.test import Test
from tests.hooks.test_hook import follow


def counted(interval: int, updates: range, *, initially: bool = True) -> list[int]:
    """Return after how many updates a run from `updates.start` to its end is tested."""
    calls: list[int] = []
    hook = Test(interval, calls.append, Stopwatch(), initially=initially, last=updates.stop)
    follow(hook, updates)
    return calls


@pytest.mark.parametrize(
    ("interval", "updates", "expected"),
    [
        (2, range(5), [0, 2, 4, 5]),
        (2, range(4), [0, 2, 4]),
        (0, range(4), [4]),
        (2, range(2, 4), [4]),  # resumed: the test of iteration 2 was made before its snapshot
        (3, range(0), [0]),
    ],
)
def test_tests_come_before_the_first_update_after_every_interval_and_at_the_end(
    interval: int, updates: range, expected: list[int]
) -> None:
    assert counted(interval, updates) == expected


def test_the_last_step_is_tested_before_a_snapshot_of_it_can_be_written() -> None:
    calls: list[int] = []
    hook = Test(0, calls.append, Stopwatch(), initially=False, last=4)
    hook.after_step(Step(3, torch.zeros(()), {}, 0.1))
    assert calls == [4]


def test_a_test_that_is_owed_is_made_whether_it_is_due_or_not() -> None:
    calls: list[int] = []
    hook = Test(0, calls.append, Stopwatch(), initially=False, last=9, owed=4)
    for iteration in range(3, 6):
        hook.after_step(Step(iteration, torch.zeros(()), {}, 0.1))
    assert calls == [4]


def test_a_run_that_is_stopped_early_is_tested_at_its_end() -> None:
    calls: list[int] = []
    hook = Test(0, calls.append, Stopwatch(), initially=False, last=9)
    hook.after_train(4)
    assert calls == [4]


def test_test_initialization_false_leaves_the_first_out() -> None:
    assert counted(2, range(2), initially=False) == [2]
