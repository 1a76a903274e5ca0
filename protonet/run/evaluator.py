"""Tests every evaluation set of a run, says and records what came out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing

from protonet.errors import DataError
from protonet.evaluate import Score, Value, evaluate, line
from protonet.hooks.display import Row
from protonet.hooks.hook import Say
from protonet.net import Net
from protonet.run.confusion import report
from protonet.run.deciding import Deciding
from protonet.run.metrics import finite
from protonet.run.sets import OpenSet
from protonet.step.objective import Batch

Scores = Mapping[str, Score]
Metrics = dict[str, dict[str, Value | None]]


Heed = Callable[[], None]
"""Called between two batches, by several processes equally often; what it raises ends a test."""


def measure_set(
    opened: OpenSet, net: Net, test_iter: int | None, heed: Heed = lambda: None
) -> Scores:
    """Return the losses and metrics of a net on a set.

    Args:
        opened: the set.
        net: the net in phase test.
        test_iter: so many batches, averaged as Caffe does; None: the whole set exactly once.
        heed: see `Heed`.

    Raises: DataError naming the set, if its data are damaged or its labels outside the classes.
    """
    group = opened.group
    feed = opened.feed(net, endless=test_iter is not None, whole=True)
    own = None if test_iter is None else len(range(group.rank, test_iter, group.count))
    rounds = (test_iter or -(-len(opened) // opened.spec.batch_size)) // group.count
    try:
        with closing(feed.reader):
            return evaluate(net, _heeding(feed, heed, rounds), own, group.gathered)
    except DataError as error:
        raise DataError(f"data.{opened.name}: {error}") from error


class Evaluator:
    """The tests of a run.

    Args:
        sets: the evaluation sets, with the net that measures each.
        test_iter: batches in a test, or None for the whole set.
        say: takes a line per set.
        record: takes a row per set.
        deciding: what the best weights are known by.

    Attributes:
        scores: of the last test, by set.
        iteration: of the last test; None before the first.
    """

    def __init__(
        self,
        sets: Mapping[str, tuple[OpenSet, Net]],
        test_iter: int | None,
        say: Say,
        record: Callable[[Row], None],
        deciding: Deciding | None = None,
    ) -> None:
        self._deciding = deciding
        self._sets, self._test_iter, self._say, self._record = sets, test_iter, say, record
        self.scores: dict[str, Scores] = {}
        self.iteration: int | None = None
        self._warned: set[tuple[str, str]] = set()

    def test(self, iteration: int, heed: Heed = lambda: None) -> None:
        """Test all sets after so many updates. A test that is cut short records nothing.

        Args:
            iteration: updates made.
            heed: see `Heed`.
        """
        rows: list[Row] = []
        for name, (opened, net) in self._sets.items():
            scores = measure_set(opened, net, self._test_iter, heed)
            self.scores[name] = scores
            self._say(f"iteration {iteration}  {line(name, scores)}")
            self._warn(name, scores)
            row: Row = {"iteration": iteration, "phase": "test", "set": name}
            row["samples"] = self._samples(opened)
            rows.append({**row, **{blob: score.value for blob, score in scores.items()}})
        for row in rows:
            self._record(row)
        self.iteration = iteration

    def lines(self) -> list[str]:
        """Return the tables and a line per set, as the end of a run shows them."""
        return report(
            self.scores, {name: opened.classes for name, (opened, _) in self._sets.items()}
        )

    def values(self) -> Metrics:
        """Return the values of the last test, by set and blob; None for what is not finite."""
        return {
            name: {blob: finite(score.value) for blob, score in scores.items()}
            for name, scores in self.scores.items()
        }

    def value(self) -> float | None:
        """Return what decides of the last test; None where it was not measured, or not finite."""
        return self._deciding.value(self.scores) if self._deciding else None

    def score(self) -> float | None:
        """Return the same so that larger is better."""
        return self._deciding.score(self.scores) if self._deciding else None

    def _warn(self, name: str, scores: Scores) -> None:
        """Say, once for each, which single number of a set is not finite."""
        for blob, score in scores.items():
            is_number = not isinstance(score.value, list)
            if is_number and finite(score.value) is None and (name, blob) not in self._warned:
                self._warned.add((name, blob))
                self._say(f"warning: {blob} of data.{name} is {score.value}; this is said once")

    def _samples(self, opened: OpenSet) -> int:
        if self._test_iter is None:
            return len(opened)
        return self._test_iter * opened.spec.batch_size


def _heeding(batches: Iterable[Batch], heed: Heed, rounds: int) -> Iterator[Batch]:
    for number, batch in enumerate(batches):
        if number < rounds:
            heed()
        yield batch
