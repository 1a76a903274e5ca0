"""One file from a web server, in as many pieces as it takes, and refused if it is another.

What has arrived stays beside the target, and the next try goes on from there.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPResponse
from pathlib import Path

from protonet.data.cache import cache_errors
from protonet.data.web import PATIENCE_SECONDS, FailedError, answer, pieces
from protonet.errors import StorageError
from protonet.zoo.model import FileFacts, digest_of, facts_of

Progress = Callable[[int, int], None]
"""Called with the number of bytes that are there and of all bytes of a file."""

_TRIES = 5
"""Times that a server is asked where its connections break after some bytes."""
_UNSATISFIABLE = 416
_PARTIAL_CONTENT = 206
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a file must be.

    Attributes:
        most: bytes that it has at most.
        checksum: how its checksum begins, or all of it, hexadecimal.
        size: bytes; None where that is not known.
        algorithm: of the checksum: sha256 or sha1.
    """

    most: int
    checksum: str
    size: int | None = None
    algorithm: str = "sha256"

    @classmethod
    def exactly(cls, facts: FileFacts) -> Wanted:
        """Return what is known of a file whose facts are known."""
        return cls(facts.size, facts.sha256, facts.size)


@dataclass(frozen=True, slots=True)
class Download:
    """How files are downloaded.

    Attributes:
        cache: the folder of the cache, which errors of the disk name.
        headers: of every question.
        seconds: how long a server may be silent.
        progress: called as bytes arrive.
    """

    cache: Path
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = PATIENCE_SECONDS
    progress: Progress | None = None

    def file(self, url: str, target: Path, wanted: Wanted) -> FileFacts:
        """Bring a file into the cache, and return what it is.

        Args:
            url: where it is.
            target: its place; the folder exists.
            wanted: what it must be.

        Raises: FailedError if it cannot be had; StorageError if it cannot be written.
        """
        partial = target.with_name(f".{target.name}.partial")
        with cache_errors(self.cache):
            if target.is_file() and not _other(target, wanted):  # from a try that ended later
                return facts_of(target)
        continued = _size(partial) > 0
        self._arrive(url, partial, wanted)
        with cache_errors(self.cache):
            if other := _other(partial, wanted):
                partial.unlink()
                if continued:  # what was there may have been another file's
                    return self.file(url, target, wanted)
                raise FailedError(f"sends another file: {other}")
            facts = facts_of(partial)
            partial.replace(target)
        return facts

    def text(self, url: str, most: int) -> bytes:
        """Return a small file.

        Raises: FailedError if it cannot be had, or has more than `most` bytes.
        """
        data = bytearray()
        with closing(answer(url, self.seconds, self.headers)) as response:
            for piece in pieces(response, self.seconds):
                data += piece
                if len(data) > most:
                    raise FailedError(f"sends more than {most:,} bytes")
            _check_end(response, len(data), None)
        return bytes(data)

    def _arrive(self, url: str, partial: Path, wanted: Wanted) -> None:
        """Ask until all bytes are there; where a connection broke after some, ask for the rest."""
        for left in reversed(range(_TRIES)):
            before = _size(partial)
            if wanted.size is not None and before == wanted.size:
                return
            try:
                self._append(url, partial, before, wanted)
            except FailedError as error:
                if error.status == _UNSATISFIABLE and before:
                    partial.unlink(missing_ok=True)
                elif not left or error.status is not None or _size(partial) <= before:
                    raise
            else:
                return

    def _append(self, url: str, partial: Path, start: int, wanted: Wanted) -> None:
        """Ask for the bytes from `start` on, and keep what comes.

        Raises: FailedError.
        """
        ranged = {"Range": f"bytes={start}-"} if start else {}
        with closing(answer(url, self.seconds, {**self.headers, **ranged})) as response:
            if start and not _goes_on(response, start):
                start = 0
            size = wanted.size if wanted.size is not None else _announced(response, start)
            _check_size(response, start, wanted)
            with cache_errors(self.cache):
                _check_room(partial.parent, (size or 0) - start)
                with partial.open("r+b" if start else "wb") as stream:
                    stream.seek(start)
                    done = start
                    for piece in pieces(response, self.seconds):
                        stream.write(piece)
                        done += len(piece)
                        if done > wanted.most:
                            stream.truncate(0)
                            raise FailedError(f"sends more than {wanted.most:,} bytes")
                        if self.progress:
                            self.progress(done, size or done)
            _check_end(response, done, size)


def _other(path: Path, wanted: Wanted) -> str:
    """Return how a file differs from what it must be; nothing where it does not."""
    found, name = digest_of(path, wanted.algorithm), wanted.algorithm.upper().replace("A", "A-", 1)
    if found.startswith(wanted.checksum):
        return ""
    part = "begins with" if len(wanted.checksum) < len(found) else "is"
    return f"its {name} is {found}, and the model's {part} {wanted.checksum}"


def _goes_on(response: HTTPResponse, start: int) -> bool:
    """Return whether an answer begins where it was asked to; else it is the whole file."""
    match = _RANGE.match(response.headers.get("Content-Range", ""))
    return response.status == _PARTIAL_CONTENT and match is not None and int(match[1]) == start


def _announced(response: HTTPResponse, start: int) -> int | None:
    """Return how many bytes a file has, if the server says so."""
    length = response.headers.get("Content-Length", "")
    return start + int(length) if length.isascii() and length.isdecimal() else None


def _check_size(response: HTTPResponse, start: int, wanted: Wanted) -> None:
    size = _announced(response, start)
    if size is not None and wanted.size not in (None, size):
        raise FailedError(
            f"offers a file of {size:,} bytes, and the model's has {wanted.size:,}", response.status
        )
    if size is not None and size > wanted.most:
        why = f"offers a file of {size:,} bytes, and at most {wanted.most:,} are taken"
        raise FailedError(why, response.status)


def _check_end(response: HTTPResponse, done: int, size: int | None) -> None:
    size = size if size is not None else _announced(response, 0)
    if size is not None and done < size:
        raise FailedError(f"the connection ended after {done:,} of {size:,} bytes")


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise StorageError(
            f"{folder}: {needed / 1e6:,.0f} MB are needed, and {free / 1e6:,.0f} MB are free; make "
            "room, or choose another folder"
        )


def _size(path: Path) -> int:
    return os.path.getsize(path) if os.path.isfile(path) else 0
