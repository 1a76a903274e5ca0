"""Tests every evaluation set of a run, says and records what came out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import closing

from protonet.errors import DataError
from protonet.evaluate import Score, evaluate, kind_of, line
from protonet.hooks.display import Row
from protonet.hooks.hook import Say
from protonet.net import Net
from protonet.run.metrics import finite
from protonet.run.sets import OpenSet
from protonet.spec.data import deciding_set

Scores = Mapping[str, Score]
Metrics = dict[str, dict[str, float | list[float | None] | None]]


def measure_set(opened: OpenSet, net: Net, test_iter: int | None) -> Scores:
    """Return the losses and metrics of a net on a set.

    Args:
        opened: the set.
        net: the net in phase test.
        test_iter: so many batches, averaged as Caffe does; None: the whole set exactly once.

    Raises: DataError naming the set, if its data are damaged or its labels outside the classes.
    """
    feed = opened.feed(net, endless=test_iter is not None)
    try:
        with closing(feed.reader):
            return evaluate(net, feed, test_iter)
    except DataError as error:
        raise DataError(f"data.{opened.name}: {error}") from error


class Evaluator:
    """The tests of a run.

    Args:
        sets: the evaluation sets, with the net that measures each.
        test_iter: batches in a test, or None for the whole set.
        say: takes a line per set.
        record: takes a row per set.

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
    ) -> None:
        self._sets, self._test_iter, self._say, self._record = sets, test_iter, say, record
        self.scores: dict[str, Scores] = {}
        self.iteration: int | None = None

    def test(self, iteration: int) -> None:
        """Test all sets after so many updates."""
        for name, (opened, net) in self._sets.items():
            scores = measure_set(opened, net, self._test_iter)
            self.scores[name] = scores
            self._say(f"iteration {iteration}  {line(name, scores)}")
            row: Row = {"iteration": iteration, "phase": "test", "set": name}
            row["samples"] = self._samples(opened)
            self._record({**row, **{blob: score.value for blob, score in scores.items()}})
        self.iteration = iteration

    def lines(self) -> list[str]:
        """Return a line per set, as the end of a run shows them."""
        return [line(name, scores) for name, scores in self.scores.items()]

    def values(self) -> Metrics:
        """Return the values of the last test, by set and blob; None for what is not finite."""
        return {
            name: {blob: finite(score.value) for blob, score in scores.items()}
            for name, scores in self.scores.items()
        }

    def score(self) -> float | None:
        """Return what the best snapshot is chosen by: the first metric of `val`, else of the
        first set; where there is no metric, less of the first loss is better. Return None where
        that is not finite."""
        name = deciding_set(self.scores)
        if name is None:
            return None
        _, net = self._sets[name]
        for blob, score in self.scores[name].items():
            if score.is_scalar:
                value = float(str(score.value))
                if not math.isfinite(value):
                    return None
                return value if kind_of(net, blob) == "metric" else -value
        return None

    def _samples(self, opened: OpenSet) -> int:
        if self._test_iter is None:
            return len(opened)
        return self._test_iter * opened.spec.batch_size
