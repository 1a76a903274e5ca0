"""The original files of a known set, from the internet into the cache.

Each file is written under a temporary name and gets its own once its size and checksum are right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from protonet.data.cache import cache_errors
from protonet.data.known.original import Originals, is_intact
from protonet.data.known.sets import KnownSet, OriginalFile
from protonet.data.web import PATIENCE_SECONDS, FailedError, answer, pieces

Progress = Callable[[int, int], None]
"""Called with the number of bytes that are there and of all bytes to be downloaded."""


@dataclass
class _Meter:
    """Says how far a download of several files is.

    Attributes:
        progress: what to tell.
        total: bytes of all files.
        before: bytes of the files that are complete.
    """

    progress: Progress | None
    total: int
    before: int = 0

    def show(self, done: int) -> None:
        """Tell that `done` bytes of the current file are there."""
        if self.progress:
            self.progress(self.before + done, self.total)


def download(
    known: KnownSet,
    folder: Path,
    tried: list[str],
    *,
    seconds: float = PATIENCE_SECONDS,
    progress: Progress | None = None,
) -> Originals | None:
    """Bring the files of a set into a folder, and return them, or None where they cannot be had.

    Files that are there already and intact are not downloaded again. The mirror that gave a file is
    asked first for the next.

    Args:
        known: the set.
        folder: where the files are kept; it is made.
        tried: takes each address without a file, and why.
        seconds: how long a server may be silent.
        progress: called as bytes arrive.

    Raises: StorageError if the folder cannot be written.
    """
    mirrors, origin = list(known.mirrors), str(folder)
    missing = [file for file in known.files if not is_intact(folder / file.name, file)]
    meter = _Meter(progress, sum(file.size for file in missing))
    with cache_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for file in missing:
        good = _from_any(mirrors, file, folder, tried, seconds, meter)
        if good is None:
            return None
        mirrors = [good, *(mirror for mirror in mirrors if mirror != good)]
        origin = good
        meter.before += file.size
    return Originals({file.name: folder / file.name for file in known.files}, origin)


def _from_any(
    mirrors: list[str],
    file: OriginalFile,
    folder: Path,
    tried: list[str],
    seconds: float,
    meter: _Meter,
) -> str | None:
    """Download one file from the first mirror that has it, and return that mirror."""
    for mirror in mirrors:
        url = mirror + file.name
        try:
            _fetch(url, folder / file.name, file, seconds, meter)
        except FailedError as error:
            tried.append(f"{url}: {error}")
        else:
            return mirror
    return None


def _fetch(url: str, target: Path, file: OriginalFile, seconds: float, meter: _Meter) -> None:
    """Download one file.

    Raises: FailedError; StorageError if it cannot be written.
    """
    partial = target.with_name(f".{target.name}.partial")
    digest, done = hashlib.md5(usedforsecurity=False), 0
    with cache_errors(target.parent), closing(answer(url, seconds)) as response:
        try:
            with partial.open("wb") as stream:
                for piece in pieces(response, seconds):
                    stream.write(piece)
                    digest.update(piece)
                    done += len(piece)
                    if done > file.size:
                        raise FailedError(f"sends more than the original's {file.size:,} bytes")
                    meter.show(done)
            _check(file, done, digest.hexdigest())
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _check(file: OriginalFile, size: int, md5: str) -> None:
    if size < file.size:
        raise FailedError(f"the connection ended after {size:,} of {file.size:,} bytes")
    if md5 != file.md5:
        raise FailedError(f"sends another file: its MD5 is {md5}, and the original's is {file.md5}")
