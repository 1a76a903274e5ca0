"""Which measured value says how good the weights are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from protonet.errors import PathError
from protonet.evaluate import Score, is_larger_better, kind_of
from protonet.net import Net
from protonet.records import suggestion
from protonet.spec.data import deciding_set
from protonet.spec.solver import SolverSpec

_PLATEAU = "lr_scheduler.ReduceLROnPlateau"


@dataclass(frozen=True, slots=True)
class Deciding:
    """What the best snapshot is chosen by, and what early stopping and a plateau look at.

    Attributes:
        set: the evaluation set.
        blob: the loss or metric, one number.
        larger_is_better: whether more of it is better.
    """

    set: str
    blob: str
    larger_is_better: bool

    def value(self, scores: Mapping[str, Mapping[str, Score]]) -> float | None:
        """Return what a test gave; None where it was not measured, or is not finite."""
        score = scores.get(self.set, {}).get(self.blob)
        if score is None or isinstance(score.value, list) or not math.isfinite(score.value):
            return None
        return score.value

    def score(self, scores: Mapping[str, Mapping[str, Score]]) -> float | None:
        """Return the value so that larger is better; None as `value` does."""
        value = self.value(scores)
        return value if value is None or self.larger_is_better else -value


def deciding(tests: Mapping[str, Net], best: str | None) -> Deciding | None:
    """Return what decides; None where nothing that is one number is measured.

    Args:
        tests: for each evaluation set, the net that measures it.
        best: `solver.best`, `accuracy` or `val/accuracy`; None: the first metric of `val`, else of
            the first set, or its first loss where it has no metric.

    Raises: PathError if nothing that is one number has this name.
    """
    name, blob = deciding_set(tests), best
    if best is not None and "/" in best and best not in _numbers(tests.get(name or "")):
        name, _, blob = best.partition("/")
    numbers = _numbers(tests.get(name or ""))
    if best is None:
        blob = next(iter(numbers), None)
    elif blob not in numbers:
        known = [f"{one}/{each}" for one, net in tests.items() for each in _numbers(net)]
        why = "no evaluation set measures this as one number"
        hint = suggestion(best, [*numbers, *known])
        raise PathError("PN014", ("solver", "best"), why, got=best, hint=hint)
    if name is None or blob is None:
        return None
    return Deciding(name, blob, is_larger_better(tests[name], blob))


def _numbers(net: Net | None) -> list[str]:
    """Return what is measured as one number, metrics first."""
    if net is None:
        return []
    found = [blob for blob in net.measured if not net.shapes[blob].small.shape]
    return sorted(found, key=lambda blob: kind_of(net, blob) != "metric")


def unwatched(solver: SolverSpec, decides: Deciding | None) -> Iterator[str]:
    """Yield a text for each key that looks at tests where there are none but at the end.

    Args:
        solver: the solver section.
        decides: what early stopping looks at.

    Raises: PathError if it has nothing to look at.
    """
    if solver.early_stop is not None and decides is None:
        why = "nothing is tested that could stop getting better"
        hint = "an evaluation set with a loss or a metric"
        raise PathError("PN029", ("solver", "early_stop"), why, hint=hint)
    if solver.test_interval != 0:
        return
    if solver.early_stop is not None:
        yield "solver.early_stop stops nothing without a solver.test_interval"
    policies = [solver.lr_policy, *(update.lr_policy for update in solver.updates)]
    if any(policy is not None and policy.type == _PLATEAU for policy in policies):
        yield f"{_PLATEAU} changes nothing without a solver.test_interval"
