"""A file that appears under its name when it is complete, or never.

It is written in a hidden folder beside its place, `.mnist.lmdb.4f21c6d0.partial`, which the writer
holds locked. What a killed process leaves is not locked: the next writer of the same name removes
it, or goes on with it.
"""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from protonet.errors import StorageError, UsageError

_PARTIAL = ".partial"


@contextmanager
def appearing(
    path: Path, inner: str | None, *, force: bool, adopt: Callable[[Path], bool] | None = None
) -> Iterator[Path]:
    """Give a file to write, and move it under `path` when the block ends without an error.

    Args:
        path: where the result appears.
        inner: name of the file within, if `path` is to be a folder; None if it is the file itself.
        force: replace an existing result, once the new one is complete. A folder keeps
            whatever else it holds.
        adopt: asked about each hidden folder that a killed writer left, and tells whether to go on
            in it; else it is removed. What else is in such a folder never appears.

    Raises: UsageError if something is in the way; StorageError if the disk refuses.
    """
    target = Path(os.path.realpath(path))
    with disk_errors(path):
        check_free(path, inner, force=force)
        folder, lock = _left_folder(target, adopt) or _new_folder(target)
    try:
        file = folder / (inner or path.name)
        yield file
        with disk_errors(path):
            _flush(file)
            _flush(file.parent)
            check_free(path, inner, force=force)  # again: another writer may have been faster
            _move(folder, file, target, inner)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


@contextmanager
def disk_errors(path: Path | str) -> Iterator[None]:
    """Turn the operating system's errors into a StorageError naming `path`."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}") from error


def check_free(path: Path, inner: str | None, *, force: bool) -> None:
    """Refuse a place that something is in the way of; the arguments are those of `appearing`.

    Raises: UsageError if it is taken; StorageError if its folder does not exist.
    """
    if os.path.exists(path) and path.is_dir() != (inner is not None):
        kinds = "a file, and a dataset of this name is a folder"
        if path.is_dir():
            kinds = "a folder, and a dataset of this name is a file"
        raise UsageError(f"{path}: this is {kinds}; give another name")
    if os.path.exists(path) and not force:
        raise UsageError(f"{path}: exists already; give another name, or --force to replace it")
    if not path.parent.is_dir():
        raise StorageError(
            f"{path}: cannot be written: the folder {path.parent} does not exist; make it first"
        )


def _new_folder(target: Path) -> tuple[Path, int]:
    """Make the hidden folder, locked; the lock is let go by closing the descriptor."""
    while True:
        folder = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}{_PARTIAL}"
        folder.mkdir()
        lock = os.open(folder, os.O_RDONLY)
        with suppress(OSError):  # a file system without locks: then leftovers stay
            fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():  # else another writer took it for a leftover before it was locked
            return folder, lock
        os.close(lock)


def _left_folder(target: Path, adopt: Callable[[Path], bool] | None) -> tuple[Path, int] | None:
    """Return the first folder left by a killed writer that is adopted, locked; remove the others
    before it."""
    for folder in sorted(target.parent.glob(f".{glob.escape(target.name)}.*{_PARTIAL}")):
        lock = _locked(folder)
        if lock is None:
            continue
        adopted = False
        try:
            adopted = adopt is not None and adopt(folder)
            if adopted:
                return folder, lock
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            if not adopted:
                os.close(lock)
    return None


def _locked(folder: Path) -> int | None:
    """Lock a folder; None where it is locked, so still being written, or removed by another."""
    with suppress(OSError):
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
        else:
            return lock
    return None


def _flush(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _move(folder: Path, file: Path, target: Path, inner: str | None) -> None:
    changed = target.parent
    if inner is None:
        file.replace(target)
    elif target.exists():
        file.replace(target / inner)
        changed = target
    else:
        for other in folder.iterdir():
            if other != file:
                other.unlink()
        folder.rename(target)
    with suppress(OSError):  # some file systems do not flush folders
        _flush(changed)
