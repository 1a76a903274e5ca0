"""What shows a run to TensorBoard: once at its start, around its steps, and at its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from protonet.errors import DataError
from protonet.evaluate import Score
from protonet.hooks.histograms import Histograms
from protonet.hooks.hook import Hook
from protonet.hooks.memory import Memory
from protonet.hooks.norms import Norms
from protonet.hooks.occasion import Occasion
from protonet.hooks.stopwatch import Stopwatch
from protonet.hooks.ticker import Interval
from protonet.hooks.turns import Turn, Turns
from protonet.net import Net
from protonet.optim import Evaluating
from protonet.run.board import summaries
from protonet.run.board.confusion import confusion_picture
from protonet.run.board.filters import filters_picture, first_filters
from protonet.run.board.graph import graph_of
from protonet.run.board.hyperparameters import hyperparameters, session_end, session_start
from protonet.run.board.samples import Samples, are_drawable
from protonet.run.evaluator import Evaluator
from protonet.run.events import EventsFile
from protonet.run.facts import spec_text
from protonet.run.job import Job
from protonet.spec.board import BoardSpec
from protonet.spec.data import deciding_set
from protonet.spec.duration import Duration

Names = Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a run shows and tests.

    Attributes:
        display, test: the intervals.
        last: the update after which the end comes.
        interval: from a length, and training time, to an interval.
        stopwatch: training time.
    """

    display: Interval
    test: Interval
    last: int
    interval: Callable[[int | Duration, Stopwatch], Interval]
    stopwatch: Stopwatch

    def of(self, length: int | Duration | None, otherwise: Interval) -> Interval:
        """Return the interval of a length, or another where there is none."""
        return otherwise if length is None else self.interval(length, self.stopwatch)

    def occasion(self, interval: Interval, act: Callable[[int], None]) -> Occasion:
        """Return a hook that acts at an interval."""
        return Occasion(interval, act, self.stopwatch, self.last)


def introduce(events: EventsFile, job: Job, plain: Mapping[str, Any], group: str) -> None:
    """Show what is known of a run at its start: its spec, its net, what it is made with.

    Args:
        events: where it is shown.
        job: the training.
        plain: the resolved spec as plain data.
        group: the path of the run.

    Raises: StorageError if the disk refuses.
    """
    board = job.solver.tensorboard or BoardSpec()
    events.text("spec", spec_text(plain))
    if board.graph:
        events.graph(lambda: graph_of(job.net))
    if board.hyperparameters:
        count = sum(slot.tensor.numel() for slot in job.net.learnable)
        now, found = time.time(), hyperparameters(plain, count)
        events.post(0, lambda: [session_start(found, group, now)])


def conclude(events: EventsFile, job: Job, iteration: int) -> None:
    """Show that a run has come to its end.

    Raises: StorageError if the disk refuses.
    """
    now = time.time()
    if (job.solver.tensorboard or BoardSpec()).hyperparameters:
        events.post(iteration, lambda: [session_end(now)])


def board_hooks(job: Job, events: EventsFile, evaluator: Evaluator, rhythm: Rhythm) -> list[Hook]:
    """Return the hooks that show a run while it trains. They stand after the tests and before the
    snapshots.

    Args:
        job: the training.
        events: where it is shown.
        evaluator: the tests.
        rhythm: how often it shows and tests.
    """
    board = job.solver.tensorboard or BoardSpec()
    weights = {slot.name: slot.tensor for aim in job.aims for slot in aim.slots}
    iter_size = job.solver.iter_size
    return [
        Norms(
            rhythm.of(board.norms, rhythm.display),
            weights,
            _turns(job),
            iter_size=iter_size,
            by_layer=board.by_layer,
            record=events.numbers,
        ),
        Memory(rhythm.of(board.norms, rhythm.display), job.net.device, events.numbers),
        Histograms(
            rhythm.of(board.histograms, rhythm.test),
            weights,
            _turns(job),
            iter_size=iter_size,
            last=rhythm.last,
            take=lambda done, copies: _show_histograms(events, done, _whole(job, copies)),
        ),
        *_pictures(job, events, evaluator, rhythm),
    ]


def _whole(job: Job, copies: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return copies of weights and gradients, by names in which those of parameters stand; all of
    those that are shared out, in the first process only."""
    return job.sharding.whole(copies, everywhere=False) if job.sharding else copies


def _turns(job: Job) -> Turns:
    return Turns(
        [
            Turn(tuple(slot.name for slot in aim.slots), rule.every)
            for aim, rule in zip(job.aims, job.rules, strict=True)
            if not isinstance(rule.optimizer, Evaluating)  # which shows no gradients
        ],
        job.sharding.norms if job.sharding else torch._foreach_norm,
    )


def _show_histograms(events: EventsFile, iteration: int, copies: Mapping[str, Tensor]) -> None:
    events.post(
        iteration,
        lambda: [summaries.histogram(name, one.float().numpy()) for name, one in copies.items()],
    )


def _pictures(job: Job, events: EventsFile, evaluator: Evaluator, rhythm: Rhythm) -> Iterator[Hook]:
    board = job.solver.tensorboard or BoardSpec()
    name = deciding_set(job.tests)
    if name is not None and are_drawable(job.sets[name]):
        show = _samples(job, name, events)
        yield rhythm.occasion(rhythm.of(board.images, rhythm.test), show)
    if (show_filters := _filters(job, events)) is not None:
        yield rhythm.occasion(rhythm.of(board.filters, rhythm.test), show_filters)
    if board.confusion_matrix and any(map(_has_tables, job.tests.values())):
        yield rhythm.occasion(rhythm.test or 1, _confusion(job, events, evaluator))


def _samples(job: Job, name: str, events: EventsFile) -> Callable[[int], None]:
    samples = Samples(job.sets[name], job.tests[name])

    def show(iteration: int) -> None:
        try:
            with job.as_tested():
                shown = samples.read()
        except DataError as error:
            raise DataError(f"data.{name}: {error}") from error
        text = "Below each sample stands its class, and below that what the net takes it for."
        events.post(
            iteration,
            lambda: [summaries.picture(f"{name}/samples", samples.picture(shown), text)],
        )

    return show


def _filters(job: Job, events: EventsFile) -> Callable[[int], None] | None:
    found = first_filters(job.net, job.train_set.first.channels)
    if found is None:
        return None

    def show(iteration: int) -> None:
        own = job.tensors()[found.name].detach().to("cpu", copy=True)
        weights = _whole(job, {found.name: own}).get(found.name)
        if weights is None:
            return
        events.post(
            iteration,
            lambda: [
                summaries.picture(
                    f"filters/{found.name}",
                    filters_picture(weights.float().numpy(), found.channels),
                )
            ],
        )

    return show


def _has_tables(net: Net) -> bool:
    """Return whether something that a test measures has rows and columns."""
    blobs = net.blobs()
    return any(len(net.axes(blobs[name])) == 2 for name in net.measured)


def _confusion(job: Job, events: EventsFile, evaluator: Evaluator) -> Callable[[int], None]:
    def show(iteration: int) -> None:
        if evaluator.iteration == iteration:
            tables = [
                (f"{name}/{blob}", score, job.sets[name].classes)
                for name, scores in evaluator.scores.items()
                for blob, score in scores.items()
                if score.is_table
            ]
            if tables:
                events.post(iteration, partial(_drawn, tables))

    return show


def _drawn(tables: Sequence[tuple[str, Score, Names]]) -> list[summaries.Value]:
    return [
        summaries.picture(tag, confusion_picture(score, classes)) for tag, score, classes in tables
    ]
