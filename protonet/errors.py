"""Every error that protonet raises on purpose.

```
ProtonetError                  exit code 1
├── SpecError                  2    every problem of one spec, each with its file:line:column
├── PathError                  2    one problem at a path of the spec, not yet located
├── PathErrors                 2    several of them
├── ShapeError                 2    a layer refuses its bottoms or parameters; the net adds which
├── UsageError                 2    the command line or a call asks for what cannot be
├── DataError                  2    input data: missing, cut short, a label out of range
├── StorageError               1    the disk: full, read-only, not permitted
├── DeviceError                1    the device: absent, out of memory
├── SnapshotError              1    a run directory or snapshot that is damaged or does not fit
├── NonFiniteError             1    the loss or a gradient became infinite or not a number
├── TrainingError              1    data, disk or device failed in the middle of a training
├── ExportError                1    an exported net gives something else than the original
├── VerifyError                1    an imported net gives something else than another program
├── ProcessError               1    another process of the same training ended before its time
└── Interrupted        130 or 143    stopped by a signal, after the snapshot
```
An error says what was wrong and what would be right. Where it happened is added once, at the
boundary: `protonet.schema.load_spec` and `protonet.schema.located`. Only `protonet.cli` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from protonet.problems import Problem

Path = tuple[str | int, ...]
"""Where a value stands in a spec: `("net", "layers", 3, "kernel_size")`."""


MOST_SHOWN = 50
"""Problems that are written out; of the rest only the number is told."""


class ProtonetError(Exception):
    """Base of every error a user can cause; `exit_code` is the process's exit status."""

    exit_code = 1


class SpecError(ProtonetError):
    """All problems of one spec, located; `str()` is the text DESIGN §5 shows. `more` is the number
    of errors that were only counted: of a file of very many."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem], name: str, more: int = 0) -> None:
        self.problems = tuple(problems)
        self.name, self.more = name, more
        super().__init__(self.problems, name, more)

    def __str__(self) -> str:
        return told(self.problems, self.name, self.more)


def told(problems: Iterable[Problem], name: str, more: int = 0) -> str:
    """Return the first problems of a spec as people read them, and how many there are.

    Args:
        problems: the problems.
        name: what the spec is called.
        more: how many errors there are beside the problems.
    """
    problems = list(problems)
    numbers = {
        severity: sum(problem.severity == severity for problem in problems)
        for severity in ("error", "warning")
    }
    numbers["error"] += more
    counts = [
        f"{number:,} {severity}{'' if number == 1 else 's'}"
        for severity, number in numbers.items()
        if number
    ]
    shown = [problem.render() for problem in problems[:MOST_SHOWN]]
    rest = len(problems) + more - len(shown)
    others = [f"and {rest:,} more"] if rest else []
    return "\n".join([*shown, *others, f"{', '.join(counts)} in {name}"])


class PathError(ProtonetError):
    """One problem at a path of the spec; `protonet.schema.located` adds file, line and column.

    Args:
        code: a key of `protonet.problems.CODES`.
        path: where in the spec.
        why: what is wrong, without a full stop.
        got: the value found, already shortened for people; left out where it says nothing.
        hint: what would be right.
    """

    exit_code = 2

    def __init__(self, code: str, path: Path, why: str, *, got: str = "", hint: str = "") -> None:
        self.code, self.path, self.why, self.got, self.hint = code, path, why, got, hint
        super().__init__(why)


class PathErrors(ProtonetError):
    """Several problems at paths of the spec, reported together."""

    exit_code = 2

    def __init__(self, errors: Iterable[PathError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(error.why for error in self.errors))


class ShapeError(ProtonetError):
    """Why a layer cannot be built from these parameters and bottoms; `hint` says what would fit."""

    exit_code = 2

    def __init__(self, why: str, hint: str = "") -> None:
        self.why, self.hint = why, hint
        super().__init__(why)


class UsageError(ProtonetError):
    """A command line, an override or an API call that cannot be carried out as given."""

    exit_code = 2


class DataError(ProtonetError):
    """Input data that is missing, damaged, or not what the spec says it is."""

    exit_code = 2


class StorageError(ProtonetError):
    """The disk refused: full, read-only, or not permitted."""


class DeviceError(ProtonetError):
    """The compute device refused: absent, or out of memory."""


class SnapshotError(ProtonetError):
    """A run directory or snapshot that is damaged or does not fit this run."""


class NonFiniteError(ProtonetError):
    """The loss or a gradient became infinite or not a number; nothing of it was applied."""


class ExportError(ProtonetError):
    """An exported net gives something else than the original; its file was not kept."""


class VerifyError(ProtonetError):
    """An imported net gives something else than another program that reads its files; nothing was
    kept."""


class ProcessError(ProtonetError):
    """One of the processes that train together ended before its time, so that the others cannot go
    on.

    Args:
        message: what a person should read.
        exit_code: of the process that failed, where that is known.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        self.exit_code = exit_code
        super().__init__(message)


class TrainingError(ProtonetError):
    """Data, disk or device failed in the middle of a training; it says whether a snapshot was
    written first."""


class Interrupted(ProtonetError):
    """A signal stopped the run, after a snapshot was written.

    Args:
        message: what a person should read.
        exit_code: 128 + the signal's number.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        self.exit_code = exit_code
        super().__init__(message)
