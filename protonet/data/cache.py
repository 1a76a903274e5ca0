"""The cache: a folder of the user's that can be deleted at any time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from protonet.errors import StorageError


def cache_folder() -> Path:
    """Return `$PROTONET_CACHE`, else `$XDG_CACHE_HOME/protonet`, else `~/.cache/protonet`.

    Raises: StorageError if none of them is set and there is no home folder.
    """
    given = os.environ.get("PROTONET_CACHE")
    if given:
        return Path(given)
    shared = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(shared):  # the XDG specification: relative ones are to be ignored
        return Path(shared) / "protonet"
    try:
        return Path.home() / ".cache" / "protonet"
    except RuntimeError as error:
        raise StorageError(
            "there is no home folder to keep the cache in; set PROTONET_CACHE to a folder"
        ) from error


@contextmanager
def locked(file: Path, cache: Path) -> Iterator[None]:
    """Be the only process that holds a lock; wait while another does.

    Args:
        file: the lock, in the cache; it and its folder are made, and stay.
        cache: the folder of the cache.

    Raises: StorageError if the cache cannot be written.
    """
    with cache_errors(cache):
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_CREAT | os.O_RDWR, 0o666)
    try:
        with suppress(OSError):  # a file system without locks: then the work may be done twice
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)  # which lets the lock go; the file stays, for others may wait for it


@contextmanager
def cache_errors(cache: Path) -> Iterator[None]:
    """Turn what goes wrong in writing into a StorageError that says how to have another cache."""
    try:
        yield
    except OSError as error:
        why = f"the cache cannot be written: {error.strerror or error}"
        raise StorageError(f"{cache}: {why}; set PROTONET_CACHE to a folder that can") from error
    except StorageError as error:
        raise StorageError(
            f"{error}; PROTONET_CACHE names the folder of the cache, now {cache}"
        ) from error
