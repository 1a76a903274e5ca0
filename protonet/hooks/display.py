"""The line that people read: iteration, loss, learning rate, speed, time left, waiting for data."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Mapping

import torch

from protonet.hooks.hook import Hook, Say, Step
from protonet.hooks.pace import Pace, Speedometer
from protonet.hooks.ticker import Interval, is_due

Row = dict[str, object]
"""One measurement: a line of `metrics.jsonl`."""


class Display(Hook):
    """Shows, every `interval` iterations, the loss before the update, averaged over
    `average_loss` of them.

    Args:
        interval: iterations between two lines; 0 for none.
        average_loss: iterations over which the loss is averaged.
        pace: what speed is computed from.
        say: takes the line.
        record: takes the same as a row for metrics and TensorBoard.
        losses: of the iterations before the first, as a resumed run brings them.

    Attributes:
        interval: as given.
        loss: the last loss shown; None before the first.
    """

    def __init__(
        self,
        interval: Interval,
        average_loss: int,
        pace: Pace,
        say: Say,
        record: Callable[[Row], None],
        losses: Iterable[torch.Tensor] = (),
    ) -> None:
        self.interval, self._samples = interval, pace.samples
        self._say, self._record = say, record
        self._losses = deque(losses, maxlen=average_loss)
        self._speedometer = Speedometer(pace)
        self.loss: float | None = None

    def before_train(self, iteration: int) -> None:
        """Start measuring."""
        self._speedometer.start(iteration)

    def after_step(self, step: Step) -> bool:
        """Show the line if it is due; the loss is read from the device only then."""
        self._losses.append(step.loss)
        if is_due(step.iteration, self.interval):
            self._show(step)
        return False

    def losses(self) -> tuple[float, ...]:
        """Return the losses that the next average holds, oldest first; waits for the device."""
        return tuple(torch.stack(list(self._losses)).tolist()) if self._losses else ()

    def _show(self, step: Step) -> None:
        self.loss = float(torch.stack(list(self._losses)).mean())
        speed = self._speedometer.read(step.iteration + 1)
        self._say(progress_line(step.iteration, self.loss, step.lr, str(speed)))
        row: Row = {
            "iteration": step.iteration,
            "phase": "train",
            "set": "train",
            "samples": self._samples * len(self._losses),
            "loss": self.loss,
            "lr": step.lr,
            "images_per_second": round(speed.samples, 1),
            "data_wait": round(speed.wait, 4),
        }
        self._record({**row, **scalars(step.outputs, skip=row)})


def progress_line(iteration: int, loss: float | None, lr: float, speed: str) -> str:
    """Return the line; without a loss where none is known yet."""
    shown = "" if loss is None else f"  loss {loss:.4g}"
    return f"iteration {iteration}{shown}  lr {lr:.4g}  {speed}"


def scalars(outputs: Mapping[str, torch.Tensor], skip: Container[str]) -> Row:
    """Return the outputs that are single numbers, but those whose name is taken."""
    return {
        name: float(value)
        for name, value in outputs.items()
        if value.dim() == 0 and name not in skip
    }
