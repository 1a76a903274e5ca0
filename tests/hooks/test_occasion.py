from __future__ import annotations

import torch

from protonet.hooks.hook import Step
from protonet.hooks.occasion import Occasion
from protonet.hooks.stopwatch import Stopwatch


def calls(interval: int, iterations: int, *, last: int = 100, start: int = 0) -> list[int]:
    """Return the numbers of updates after which it acts."""
    seen: list[int] = []
    hook = Occasion(interval, seen.append, Stopwatch(), last)
    hook.before_train(start)
    for iteration in range(start, iterations):
        assert not hook.after_step(Step(iteration, torch.zeros(()), {}, 0.1))
    hook.after_train(iterations)
    return seen


def test_it_acts_at_the_start_at_the_interval_and_at_the_end() -> None:
    assert calls(3, 7) == [0, 3, 6, 7]
    assert calls(3, 6) == [0, 3, 6]
    assert calls(3, 7, last=7) == [0, 3, 6, 7]


def test_a_resumed_training_does_not_begin_again() -> None:
    assert calls(3, 8, start=6) == [8]
    assert calls(3, 6, start=6) == []


def test_never_is_never() -> None:
    assert calls(0, 5, last=5) == []


def test_training_time_stands_still_meanwhile() -> None:
    stopwatch = Stopwatch()
    times: list[float] = []

    def act(iteration: int) -> None:
        times.append(stopwatch._stopped)

    Occasion(1, act, stopwatch, 9).before_train(0)
    assert times == [0.0]
    assert stopwatch._stopped > 0
