"""The original files of a known set, from the internet into the cache.

Each file is written under a temporary name and gets its own once its size and checksum are right.
"""

from __future__ import annotations

import hashlib
import queue
import threading
import urllib.request  # slow to import, but torch does so too
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, IncompleteRead
from pathlib import Path
from urllib.error import HTTPError, URLError

from protonet.data.known.cache import cache_errors
from protonet.data.known.original import Originals, is_intact
from protonet.data.known.sets import KnownSet, OriginalFile

Progress = Callable[[int, int], None]
"""Called with the number of bytes that are there and of all bytes to be downloaded."""

PATIENCE_SECONDS = 10.0
"""How long a server may take to be found and to answer, and then to send the next bytes."""

_PIECE_BYTES = 1 << 16


class _Failed(Exception):
    """Why a file could not be had from one address."""


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
        except _Failed as error:
            tried.append(f"{url}: {error}")
        else:
            return mirror
    return None


def _fetch(url: str, target: Path, file: OriginalFile, seconds: float, meter: _Meter) -> None:
    """Download one file.

    Raises: _Failed; StorageError if it cannot be written.
    """
    partial = target.with_name(f".{target.name}.partial")
    digest, done = hashlib.md5(usedforsecurity=False), 0
    with cache_errors(target.parent), closing(_answer(url, seconds)) as response:
        try:
            with partial.open("wb") as stream:
                for piece in _pieces(response, seconds):
                    stream.write(piece)
                    digest.update(piece)
                    done += len(piece)
                    if done > file.size:
                        raise _Failed(f"sends more than the original's {file.size:,} bytes")
                    meter.show(done)
            _check(file, done, digest.hexdigest())
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _check(file: OriginalFile, size: int, md5: str) -> None:
    if size < file.size:
        raise _Failed(f"the connection ended after {size:,} of {file.size:,} bytes")
    if md5 != file.md5:
        raise _Failed(f"sends another file: its MD5 is {md5}, and the original's is {file.md5}")


def _answer(url: str, seconds: float) -> HTTPResponse:
    """Return a server's answer, of which the headers are read.

    A timeout of the socket would not do: it does not hold for the look-up of the name, and begins
    anew for each of a server's addresses. So the question is asked in a thread, and given up.

    Raises: _Failed.
    """
    answers: queue.SimpleQueue[HTTPResponse | Exception] = queue.SimpleQueue()
    given_up = threading.Event()

    def ask() -> None:
        try:
            response = urllib.request.urlopen(url, timeout=seconds)
        except Exception as error:  # whatever it is, it is raised in the thread that waits
            answers.put(error)
            return
        answers.put(response)
        if given_up.is_set():
            response.close()

    threading.Thread(target=ask, name=f"asks {url}", daemon=True).start()
    with _network_errors(seconds):
        try:
            answer = answers.get(timeout=seconds)
        except queue.Empty:
            given_up.set()
            raise TimeoutError from None
        if isinstance(answer, Exception):
            raise answer
        return answer


def _pieces(response: HTTPResponse, seconds: float) -> Iterator[bytes]:
    """Yield the body of an answer, up to where the connection ends.

    Raises: _Failed if it fails otherwise.
    """
    with _network_errors(seconds):
        try:
            while piece := response.read(_PIECE_BYTES):
                yield piece
        except IncompleteRead as error:
            yield error.partial


@contextmanager
def _network_errors(seconds: float) -> Iterator[None]:
    """Turn what urllib, http and the sockets raise into the reason of a _Failed."""
    try:
        yield
    except HTTPError as error:
        error.close()
        raise _Failed(f"{error.code} {error.reason}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise _Failed(_reason(error, seconds)) from error


def _reason(error: Exception, seconds: float) -> str:
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {seconds:g} s"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if isinstance(cause, HTTPException):  # its text may be whatever the server sent
        return f"its answer is not HTTP ({type(cause).__name__})"
    return str(cause) or type(cause).__name__
