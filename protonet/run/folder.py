"""The folder of one run: `runs/<name>/<number>/`, found, made, held by one process."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from protonet.errors import StorageError, UsageError

ROOT = Path("runs")
"""Where runs are kept, in the current folder."""

_LOCK = ".lock"
_UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """What lies where in a run's folder."""

    path: Path

    @property
    def spec(self) -> Path:
        """The resolved spec, with which the run can be repeated from anywhere."""
        return self.path / "spec.yaml"

    @property
    def facts(self) -> Path:
        """The command line, versions, machine and data hashes."""
        return self.path / "run.json"

    @property
    def log(self) -> Path:
        """Everything that was shown."""
        return self.path / "log.txt"

    @property
    def metrics(self) -> Path:
        """One measurement a line."""
        return self.path / "metrics.jsonl"

    @property
    def snapshots(self) -> Path:
        """The folder of snapshots."""
        return self.path / "snapshots"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder against other processes within the block.

        Raises: UsageError if another process trains in it; StorageError if it cannot be written.
        """
        try:
            lock = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR, 0o644)
        except OSError as error:
            raise _refused(self.path, error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise UsageError(f"{self.path}: another process is training in it") from error
        except OSError:  # a file system without locks: the numbered folder is protection enough
            pass
        try:
            yield
        finally:
            os.close(lock)

    def give_up(self) -> None:
        """Remove a run that could not be started, so that no resume finds it."""
        with suppress(OSError):
            for path in (self.spec, self.facts, self.path / _LOCK):
                path.unlink(missing_ok=True)
            self.path.rmdir()

    def recorded_facts(self) -> str:
        """Return the text of the facts; empty where they cannot be read."""
        try:
            return self.facts.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def write(self, path: Path, text: str) -> None:
        """Write one of the folder's small files, complete or not at all.

        Raises: StorageError if the disk refuses.
        """
        partial = path.with_name(f".{path.name}.partial")
        try:
            partial.write_text(text, encoding="utf-8")
            partial.replace(path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise _refused(path, error) from error


def new_run(name: str, given: Path | None) -> RunFolder:
    """Make the folder of a new run.

    Args:
        name: of the run; the folder is the next number under it.
        given: the folder to use instead; it may exist, but may hold no run.

    Raises: UsageError if the given folder holds something or is none; StorageError if it
        cannot be made.
    """
    try:
        if given is not None:
            return _given_run(given)
        parent = ROOT / safe_name(name)
        parent.mkdir(parents=True, exist_ok=True)
        number = max(_numbers(parent), default=0) + 1
        while True:
            try:
                (parent / str(number)).mkdir()
            except FileExistsError:  # another process was quicker
                number += 1
            else:
                return RunFolder(parent / str(number))
    except OSError as error:
        raise _refused(given or ROOT / safe_name(name), error) from error


def newest_run(name: str, given: Path | None) -> RunFolder | None:
    """Return the run to go on with: the given folder, or the newest of this name; None if none.

    A folder without facts is no run: it was killed before it said what it starts from.

    Raises: StorageError if the folder cannot be read.
    """
    parent = ROOT / safe_name(name)
    try:
        folders = [given] if given is not None else _newest_first(parent)
        return next((run for run in map(RunFolder, folders) if run.facts.is_file()), None)
    except OSError as error:
        raise _refused(given or parent, error, "read") from error


def known_run(name: str) -> RunFolder:
    """Return the newest run of this name.

    Raises: UsageError if there is none; StorageError if the folder cannot be read.
    """
    folder = newest_run(name, None)
    if folder is None:
        raise UsageError(
            f"there is no run of {name} in the current folder; name the weights: --weights FILE"
        )
    return folder


def safe_name(name: str) -> str:
    """Return a name as that of a folder."""
    return _UNSAFE.sub("_", name).strip(".") or "run"


def _given_run(path: Path) -> RunFolder:
    if os.path.lexists(path) and not path.is_dir():
        raise UsageError(f"{path}: is no folder; name a new one for the run, or an empty one")
    path.mkdir(parents=True, exist_ok=True)
    if any(not entry.name.startswith(".") for entry in path.iterdir()):
        raise UsageError(
            f"{path}: holds something already; name an empty folder, or go on with the run that "
            "is in it: --resume"
        )
    return RunFolder(path)


def _newest_first(parent: Path) -> list[Path]:
    return [parent / str(number) for number in sorted(_numbers(parent), reverse=True)]


def _numbers(parent: Path) -> list[int]:
    if not parent.is_dir():
        return []
    return [int(entry.name) for entry in parent.iterdir() if entry.name.isdecimal()]


def _refused(path: Path, error: OSError, what: str = "written") -> StorageError:
    return StorageError(f"{path}: cannot be {what}: {error.strerror or error}")
