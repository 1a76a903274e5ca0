"""Values of the solver section that are legal and surely wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from protonet.errors import Path, PathError
from protonet.spec.duration import Duration
from protonet.spec.solver import SolverSpec

DOUBTFUL = "PN044"
"""The code of a value that runs and is probably not meant."""

_GROWING = frozenset({"step", "multistep", "exp"})
"""Policies whose rate is multiplied by `gamma` again and again."""

_USUAL_GAMMA = "0.1 is usual at a step, 0.99 from one iteration to the next"

Length = int | Duration


def solver_warnings(solver: SolverSpec) -> list[PathError]:
    """Return every value that runs, and that nobody means.

    Lengths of different units are compared where the solver has all of them in iterations
    (`TimedSolver`).
    """
    rule = _idle_rule(solver) if solver.updates else _strength(solver)
    return [*rule, *_rate(solver), *_policy(solver), *_intervals(solver)]


def _idle_rule(solver: SolverSpec) -> Iterator[PathError]:
    """Yield the solver's own update rule, key by key where they are flat, beside `updates`."""
    rule = solver.optimizer
    why, hint = (
        "each of the updates has a rule of its own, and this one is not used",
        "leave it out",
    )
    if not rule.flat:
        yield _doubt(("solver", "optimizer"), why, rule.type, hint)
        return
    if "type" in solver.model_fields_set:
        yield _doubt(("solver", "type"), why, rule.type, hint)
    for key in sorted(rule.params.model_fields_set):
        yield _doubt(("solver", key), why, getattr(rule.params, key), hint)


def _strength(solver: SolverSpec) -> Iterator[PathError]:
    rule = solver.optimizer
    place = ("solver",) if rule.flat else ("solver", "optimizer")
    momentum, decay = (getattr(rule.params, key, 0.0) for key in ("momentum", "weight_decay"))
    if momentum >= 1:
        why = "from a momentum of 1 on, updates only grow"
        yield _doubt((*place, "momentum"), why, momentum, "0.9 is usual")
    if decay >= 1:
        why = "a weight_decay of 1 or more drives every weight to 0"
        yield _doubt((*place, "weight_decay"), why, decay, "0.0005 is usual")


def _rate(solver: SolverSpec) -> Iterator[PathError]:
    if solver.base_lr > 10:
        why = "at such a learning rate training diverges"
        yield _doubt(("solver", "base_lr"), why, solver.base_lr, "0.01 to 0.1 is usual for SGD")


def _policy(solver: SolverSpec) -> Iterator[PathError]:
    policy, place = solver.lr_policy, ("solver", "lr_policy")
    gamma = getattr(policy.params, "gamma", 0.0)
    if policy.type in _GROWING and gamma > 1:
        why = "with a gamma above 1 the learning rate grows"
        yield _doubt((*place, "gamma"), why, gamma, _USUAL_GAMMA)
    never = "the rate never changes there"
    if policy.type == "step":
        (size,) = policy.lengths("stepsize")
        yield from _beyond((*place, "stepsize"), never, size, solver)
    if policy.type == "multistep":
        values = policy.lengths("stepvalue")
        yield from _order(values)
        for index, value in enumerate(values):
            yield from _beyond((*place, "stepvalue", index), never, value, solver)


def _order(values: Sequence[Length]) -> Iterator[PathError]:
    for place, (before, after) in enumerate(pairwise(values), start=1):
        if _exceeds(before, after) or before == after:
            where = ("solver", "lr_policy", "stepvalue", place)
            why = f"the step before it is at {before}, and the steps are taken in their order"
            yield _doubt(where, why, after, "let them rise")


def _intervals(solver: SolverSpec) -> Iterator[PathError]:
    """Yield intervals that training is too short for.

    There is a test and a snapshot at the end whatever their intervals: a short trial with
    `solver.max_iter=100` is meant so.
    """
    yield from _beyond(
        ("solver", "average_loss"), "there are never so many losses", solver.average_loss, solver
    )


def _beyond(path: Path, effect: str, length: Length, solver: SolverSpec) -> Iterator[PathError]:
    """Yield a warning if training is over before this length is."""
    if _exceeds(length, solver.max_iter):
        why = f"training ends before, at max_iter {solver.max_iter}: {effect}"
        yield _doubt(path, why, length, "make it smaller, or max_iter larger")


def _exceeds(one: Length, other: Length) -> bool:
    """Return whether a length is known to be greater: both are counted in the same unit."""
    if isinstance(one, Duration) and isinstance(other, Duration):
        return one.amount > other.amount
    return isinstance(one, int) and isinstance(other, int) and one > other


def _doubt(path: Path, why: str, got: object, hint: str) -> PathError:
    return PathError(
        DOUBTFUL, path, why, got=f"{got:g}" if isinstance(got, float) else str(got), hint=hint
    )
