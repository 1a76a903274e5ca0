from __future__ import annotations

import torch

from protonet.hooks.hook import Step
from protonet.hooks.live import Live
from protonet.hooks.pace import Pace
from tests.hooks.test_pace import FakeStopwatch


def test_the_line_is_redrawn_a_few_times_a_second_and_cleared_at_the_end() -> None:
    now = [0.0]
    lines: list[str] = []
    watch = FakeStopwatch()
    pace = Pace(samples=1, max_iter=100, waited=lambda: 0.0, stopwatch=watch)
    live = Live(pace, lambda: 0.5, lines.append, clock=lambda: now[0])
    live.before_train(0)

    for iteration in range(6):  # a step each 0.1 s
        now[0] = watch.seconds = (iteration + 1) / 10
        assert live.after_step(Step(iteration, torch.tensor(9.0), {}, 0.01)) is False
    live.close()

    assert lines == [
        "iteration 2  loss 0.5  lr 0.01  10 images/s  9 s left  data 0%",
        "iteration 5  loss 0.5  lr 0.01  10 images/s  9 s left  data 0%",
        "",
    ]


def test_it_never_reads_the_loss_of_a_step() -> None:
    lines: list[str] = []
    now = iter([0.0, 1.0])
    live = Live(Pace(1, 2, lambda: 0.0, FakeStopwatch()), lambda: None, lines.append, now.__next__)
    unreadable = torch.empty((), device="meta")  # reading it raises

    live.after_step(Step(0, unreadable, {"loss": unreadable}, 0.01))

    assert lines[0].startswith("iteration 0  lr 0.01")
