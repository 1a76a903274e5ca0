"""The lengths of a solver section, in iterations: known once the training set is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from protonet.errors import Path, PathError, PathErrors
from protonet.spec.board import BOARD_LENGTHS
from protonet.spec.duration import MOST, Duration, iterations
from protonet.spec.solver import SolverSpec, TimedSolver
from protonet.spec.updates import UpdateSpec

_KEYS = ("max_iter", "display", "test_interval", "snapshot")
"""Keys of the solver section that may be given in epochs or minutes."""


@dataclass(slots=True)
class _Clock:
    """Turns durations into iterations, and notes what became of each."""

    records: int
    samples: int
    told: list[str] = field(default_factory=list)
    errors: list[PathError] = field(default_factory=list)

    def turn(self, length: Any, path: Path) -> Any:
        """Return a length, or each of a list, in iterations; what is no duration stays."""
        if isinstance(length, Sequence):
            return tuple(self.turn(each, (*path, place)) for place, each in enumerate(length))
        if not isinstance(length, Duration) or length.unit == "seconds":
            return length
        number = iterations(length, self.records, self.samples)
        name = ".".join(step for step in path[1:] if isinstance(step, str))
        self.told.append(f"{name}: {length} = {number:,} iteration{'s' * (number != 1)}")
        if number > MOST:
            why = f"{length} are {number:,} iterations; at most {MOST:,} are counted"
            self.errors.append(PathError("PN013", path, why))
        return number


def timed(solver: SolverSpec, records: int, samples: int) -> tuple[TimedSolver, list[str]]:
    """Return the section with every length in iterations, but those in units of time, and a line on
    each that was in epochs.

    Args:
        solver: as written.
        records: number of records of the training set.
        samples: samples of one iteration.

    Raises: PathErrors for what is more than can be counted.
    """
    clock = _Clock(records, samples)
    values = dict(solver)
    values |= {key: clock.turn(values[key], ("solver", key)) for key in _KEYS}
    if isinstance(longest := values["max_iter"], Duration):
        values |= {"max_iter": MOST, "max_seconds": float(longest.amount)}
    values["lr_policy"] = solver.lr_policy.turned(clock.turn, ("solver", "lr_policy"))
    if (board := solver.tensorboard) is not None:
        lengths = {
            key: clock.turn(getattr(board, key), ("solver", "tensorboard", key))
            for key in BOARD_LENGTHS
        }
        values["tensorboard"] = board.model_copy(update=lengths)
    values["updates"] = tuple(
        _timed_update(update, clock, ("solver", "updates", place))
        for place, update in enumerate(solver.updates)
    )
    if clock.errors:
        raise PathErrors(clock.errors)
    return TimedSolver.model_construct(solver.model_fields_set, **values), clock.told


def _timed_update(update: UpdateSpec, clock: _Clock, path: Path) -> UpdateSpec:
    if update.lr_policy is None:
        return update
    policy = update.lr_policy.turned(clock.turn, (*path, "lr_policy"))
    return update.model_copy(update={"lr_policy": policy})
