from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from protonet.hooks.display import Display, Row, progress_line, scalars
from protonet.hooks.hook import Step
from protonet.hooks.pace import Pace
from tests.hooks.test_pace import FakeStopwatch


def step(iteration: int, loss: float) -> Step:
    outputs = {"loss": torch.tensor(9.0), "aux": torch.tensor(0.25), "prob": torch.zeros(2, 3)}
    return Step(iteration, torch.tensor(loss), outputs, 0.01)


class Shown:
    """A display of every second iteration, and what came out of it."""

    def __init__(self, interval: int, average_loss: int, losses: Sequence[float] = ()) -> None:
        self.lines: list[str] = []
        self.rows: list[Row] = []
        self.watch = FakeStopwatch()
        pace = Pace(samples=10, max_iter=6, waited=lambda: 0.0, stopwatch=self.watch)
        say, record, before = self.lines.append, self.rows.append, torch.tensor(losses).unbind()
        self.display = Display(interval, average_loss, pace, say, record, before)
        self.display.before_train(0)

    def run(self, losses: list[float]) -> None:
        for iteration, loss in enumerate(losses):
            self.watch.seconds += 0.5
            assert self.display.after_step(step(iteration, loss)) is False


def test_display_shows_the_first_iteration_and_every_interval() -> None:
    shown = Shown(interval=2, average_loss=1)
    shown.run([4.0, 3.0, 2.0, 1.0])
    assert shown.lines == [
        "iteration 0  loss 4  lr 0.01  20 images/s  2 s left  data 0%",  # 5 * 10 / 20
        "iteration 2  loss 2  lr 0.01  20 images/s  1 s left  data 0%",
    ]


def test_the_loss_is_averaged_over_average_loss_iterations() -> None:
    shown = Shown(interval=2, average_loss=3)
    shown.run([4.0, 3.0, 2.0, 1.0, 0.0])
    assert [row["loss"] for row in shown.rows] == [4.0, 3.0, 1.0]  # 4; (4+3+2)/3; (2+1+0)/3
    assert [row["samples"] for row in shown.rows] == [10, 30, 30]
    assert shown.display.loss == 1.0


def test_a_resumed_average_begins_with_the_losses_from_before() -> None:
    shown = Shown(interval=1, average_loss=3, losses=[8.0, 6.0, 5.0])
    assert shown.display.losses() == (8.0, 6.0, 5.0)
    shown.run([4.0, 3.0])
    assert [row["loss"] for row in shown.rows] == [5.0, 4.0]  # (6+5+4)/3; (5+4+3)/3
    assert shown.display.losses() == (5.0, 4.0, 3.0)


def test_a_row_holds_the_scalar_outputs_under_names_that_are_free() -> None:
    shown = Shown(interval=1, average_loss=1)
    shown.run([4.0])
    assert shown.rows == [
        {
            "iteration": 0,
            "phase": "train",
            "set": "train",
            "samples": 10,
            "loss": 4.0,
            "lr": 0.01,
            "images_per_second": 20.0,
            "data_wait": 0.0,
            "aux": 0.25,
        }
    ]


def test_display_0_shows_nothing() -> None:
    shown = Shown(interval=0, average_loss=1)
    shown.run([1.0, 1.0])
    assert (shown.lines, shown.rows, shown.display.loss) == ([], [], None)


def test_a_line_without_a_loss_leaves_it_out() -> None:
    assert progress_line(7, None, 0.001, "fast") == "iteration 7  lr 0.001  fast"
    assert progress_line(7, math.nan, 1e-5, "fast") == "iteration 7  loss nan  lr 1e-05  fast"


def test_scalars_leaves_out_tensors_and_taken_names() -> None:
    outputs = {"a": torch.tensor(1.5), "b": torch.tensor(2.0), "c": torch.ones(1)}
    assert scalars(outputs, skip={"b"}) == {"a": 1.5}
