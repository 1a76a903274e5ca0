"""What Caffe's two ways of making a Net ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from protonet.errors import UsageError
from protonet.pycaffe.mode import TEST, TRAIN
from protonet.spec.state import Phase, State

PHASES: Mapping[int, Phase] = {TRAIN: "train", TEST: "test"}

_FORMS = "Net(prototxt, phase) or Net(prototxt, weights, phase)"
_ORDER = ("phase", "level", "stages", "weights")


@dataclass(frozen=True, slots=True)
class Request:
    """A net that is asked for.

    Attributes:
        file: the prototxt.
        state: that it is to be in.
        weights: files, later ones win.
    """

    file: Path
    state: State
    weights: tuple[str, ...]

    @classmethod
    def of(cls, file: object, given: Sequence[object], named: Mapping[str, object]) -> Request:
        """Return what the arguments of `Net` ask for.

        Args:
            file: the first.
            given: those that follow it without a name.
            named: those with one; None where they were left out.

        Raises: UsageError for arguments of another kind, twice, or none.
        """
        if not isinstance(file, str | Path):
            raise UsageError(f"Net: the prototxt is a path, not {file!r}; it is {_FORMS}")
        rest, found = list(given), {name: one for name, one in named.items() if one is not None}
        if rest and isinstance(rest[0], str | Path):
            found["weights"] = rest.pop(0)
        placed = dict(zip(_ORDER, rest, strict=False))
        if len(rest) > len(_ORDER) or placed.keys() & found.keys():
            raise UsageError(f"Net: too many arguments; it is {_FORMS}")
        found |= placed
        phase = found.get("phase")
        if not isinstance(phase, int) or phase not in PHASES:
            raise UsageError(f"Net: the phase is TRAIN or TEST, not {phase!r}; it is {_FORMS}")
        state = State(PHASES[phase], _level(found.get("level", 0)), _stages(found.get("stages")))
        paths = str(found.get("weights") or "").split(",")
        return cls(Path(file), state, tuple(path.strip() for path in paths if path.strip()))


def _level(level: object) -> int:
    if not isinstance(level, int):
        raise UsageError(f"Net: the level is a whole number, not {level!r}")
    return level


def _stages(stages: object) -> frozenset[str]:
    if stages is None:
        return frozenset()
    if not isinstance(stages, list | tuple | set | frozenset):
        raise UsageError(f"Net: stages are a list of names, not {stages!r}")
    return frozenset(map(str, stages))
