"""Which run a resume goes on with, and from which of its snapshots."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from protonet.errors import StorageError, UsageError
from protonet.run.folder import RunFolder, newest_run
from protonet.snapshot import Snapshots

_SNAPSHOT = re.compile(r"iter_(\d+)")
_ASIDE = "aside"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is gone on with.

    Attributes:
        folder: of the run.
        iteration: of the snapshot that was named; None: the newest whole one.
    """

    folder: RunFolder
    iteration: int | None = None


def chosen(name: str, run: Path | None, resume: bool | Path) -> Chosen | None:
    """Return what a resume goes on with; None if there is nothing yet.

    Args:
        name: of the run.
        run: its directory, where one is given.
        resume: true, for `run` or else the newest run of the name; or a run's folder, or that of
            one of its snapshots.

    Raises: UsageError if that is neither, or the run is named twice; StorageError if a folder
        cannot be read.
    """
    if isinstance(resume, bool):
        folder = newest_run(name, run) if resume else None
        return None if folder is None else Chosen(folder)
    if run is not None:
        raise UsageError(f"--resume {resume} names the run, and so does --run {run}; leave one out")
    return named(resume)


def named(path: Path) -> Chosen:
    """Return the run, or the snapshot of one, that lies in a folder.

    Raises: UsageError if it holds neither.
    """
    if RunFolder(path).facts.is_file():
        return Chosen(RunFolder(path))
    match = _SNAPSHOT.fullmatch(path.name)
    at = path if len(path.parts) > 2 else path.absolute()
    folder = RunFolder(at.parent.parent)
    if match is None or not path.is_dir() or not folder.facts.is_file():
        raise UsageError(
            f"{path}: neither a run nor a snapshot of one; name a folder such as runs/NAME/1 or "
            "runs/NAME/1/snapshots/iter_500"
        )
    return Chosen(folder, int(match[1]))


def set_aside(folder: RunFolder, iteration: int) -> str | None:
    """Move what a run made after an iteration out of the way of what it will make now; return
    where to, in words, or None where there is nothing.

    Args:
        folder: of the run.
        iteration: that it goes on from.

    Raises: StorageError if the disk refuses.
    """
    snapshots = Snapshots(folder.snapshots)
    later = [other for other in snapshots.iterations() if other > iteration]
    if not later:
        return None
    parent = folder.path / _ASIDE
    try:
        parent.mkdir(exist_ok=True)
        taken = [int(entry.name) for entry in parent.iterdir() if entry.name.isdecimal()]
        number = 1 + max(taken, default=0)
        place = parent / str(number)
        place.mkdir()
        shutil.copy2(folder.metrics, place)
    except OSError as error:
        raise StorageError(f"{parent}: cannot be written: {error.strerror or error}") from error
    snapshots.move_later(iteration, place)
    names = ", ".join(snapshots.at(other).name for other in later)
    return f"{names} and the measurements until then are kept in {place}"
