"""The line that people watch: iteration, loss, learning rate, speed, time left, waiting for
data."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from protonet.hooks.hook import Hook, Say, Step, is_due
from protonet.hooks.stopwatch import Stopwatch

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Pace:
    """What speed is computed from.

    Attributes:
        samples: samples of one iteration.
        max_iter: the last iteration.
        waited: seconds that the reader has kept training waiting so far.
        stopwatch: training time.
    """

    samples: int
    max_iter: int
    waited: Callable[[], float]
    stopwatch: Stopwatch


class Display(Hook):
    """Shows every `interval` iterations the loss before the update, averaged over `average_loss` of
    them.

    Args:
        interval: iterations between two lines; 0 for none.
        average_loss: iterations over which the loss is averaged.
        pace: what speed is computed from.
        say: takes the line.
        record: takes the same as a row for metrics and TensorBoard.
    """

    def __init__(
        self, interval: int, average_loss: int, pace: Pace, say: Say, record: Callable[[Row], None]
    ) -> None:
        self._interval, self._pace, self._say, self._record = interval, pace, say, record
        self._losses: deque[torch.Tensor] = deque(maxlen=average_loss)
        self._since = (0, 0.0, 0.0)

    def before_train(self, iteration: int) -> None:
        """Start measuring."""
        self._since = (iteration, self._pace.stopwatch.now(), self._pace.waited())

    def after_step(self, step: Step) -> bool:
        """Show the line if it is due; the loss is read from the device only then."""
        self._losses.append(step.loss)
        if is_due(step.iteration, self._interval):
            self._show(step)
        return False

    def _show(self, step: Step) -> None:
        loss = float(torch.stack(list(self._losses)).mean())
        speed, wait = self._speed(step.iteration + 1)
        left = (
            (self._pace.max_iter - step.iteration - 1) * self._pace.samples / speed
            if speed
            else 0.0
        )
        self._say(
            f"iteration {step.iteration}  loss {loss:.4g}  lr {step.lr:.4g}  {speed:,.0f} "
            "images/s  "
            f"{duration(left)} left  data {wait:.0%}"
        )
        row: Row = {"iteration": step.iteration, "phase": "train", "set": "train"}
        row |= {"samples": self._pace.samples * len(self._losses), "loss": loss, "lr": step.lr}
        row |= {"images_per_second": round(speed, 1), "data_wait": round(wait, 4)}
        self._record({**row, **scalars(step.outputs, skip=row)})

    def _speed(self, done: int) -> tuple[float, float]:
        """Return samples per second and the share of waiting, since the last line."""
        before, start, waited = self._since
        now, waited_now = self._pace.stopwatch.now(), self._pace.waited()
        self._since = (done, now, waited_now)
        seconds = max(now - start, 1e-9)
        return (done - before) * self._pace.samples / seconds, min(
            1.0, (waited_now - waited) / seconds
        )


def scalars(outputs: Mapping[str, torch.Tensor], skip: Mapping[str, object]) -> Row:
    """Return the outputs that are single numbers, but those whose name is taken."""
    return {
        name: float(value)
        for name, value in outputs.items()
        if value.dim() == 0 and name not in skip
    }


def duration(seconds: float) -> str:
    """Return a time as people say it.

    >>> [duration(value) for value in (4.2, 75, 3700, 100000)]
    ['4 s', '1 min 15 s', '1 h 1 min', '1 d 3 h']
    """
    whole = int(seconds)
    units = [(86400, "d"), (3600, "h"), (60, "min"), (1, "s")]
    parts = []
    for size, unit in units:
        number, whole = divmod(whole, size)
        if number or parts or unit == "s":
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2])
