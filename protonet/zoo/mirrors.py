"""Where models are pulled from beside the built-in index: the mirrors in `$PROTONET_ZOO`.

A mirror is a folder of models, `NAME/model.json` and the files beside it, with an `index.json` of
their names: a folder on this machine, one on a web server, or a repository at Hugging Face.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from protonet.data.cache import cache_errors
from protonet.data.web import FailedError
from protonet.errors import DataError, UsageError
from protonet.zoo.download import Download, Wanted
from protonet.zoo.hub import HUB, Repository, headers_of, url_of
from protonet.zoo.model import FileFacts, digest_of

VARIABLE = "PROTONET_ZOO"
_WEB = ("https://", "http://")
_NOT_THERE = 404


class Mirror(Protocol):
    """A folder of models, wherever it lies."""

    @property
    def address(self) -> str:
        """As a person writes it."""
        ...

    def text(self, path: str, most: int, how: Download) -> bytes | None:
        """Return a small file; None where there is none.

        Args:
            path: below the mirror's folder.
            most: bytes that it has at most.
            how: it is downloaded.

        Raises: DataError if the mirror cannot be read.
        """
        ...

    def file(self, path: str, target: Path, facts: FileFacts, how: Download) -> None:
        """Bring a file into the cache.

        Args:
            path: below the mirror's folder.
            target: its place in the cache.
            facts: what it must be.
            how: it is downloaded.

        Raises: DataError if it cannot be had, or is another; StorageError if the disk refuses.
        """
        ...


@dataclass(frozen=True, slots=True)
class FolderMirror:
    """A folder on this machine."""

    address: str

    def text(self, path: str, most: int, how: Download) -> bytes | None:
        """See `Mirror`."""
        file = Path(self.address) / path
        try:
            with file.open("rb") as stream:
                data = stream.read(most + 1)
        except (FileNotFoundError, NotADirectoryError):
            if not os.path.isdir(self.address):
                raise DataError(f"{self.address}: there is no such folder ({VARIABLE})") from None
            return None
        except OSError as error:
            raise DataError(f"{file}: cannot be read: {error.strerror or error}") from error
        if len(data) > most:
            raise DataError(f"{file}: it has more than {most:,} bytes")
        return data

    def file(self, path: str, target: Path, facts: FileFacts, how: Download) -> None:
        """See `Mirror`."""
        file, partial = Path(self.address) / path, target.with_name(f".{target.name}.partial")
        try:
            source = file.open("rb")
        except OSError as error:
            raise DataError(f"{file}: cannot be read: {error.strerror or error}") from error
        with source, cache_errors(how.cache), partial.open("wb") as stream:
            shutil.copyfileobj(source, stream, 1 << 20)
        with cache_errors(how.cache):
            if (found := digest_of(partial)) != facts.sha256:
                partial.unlink()
                why = f"its SHA-256 is {found}, and the model's is {facts.sha256}"
                raise DataError(f"{file}: this is another file: {why}")
            partial.replace(target)


@dataclass(frozen=True, slots=True)
class WebMirror:
    """A folder on a web server.

    Attributes:
        address: as a person writes it.
        url: of the folder, without a slash at its end.
        headers: of every question.
        query: follows the path of a file.
    """

    address: str
    url: str
    headers: Mapping[str, str]
    query: str = ""

    def text(self, path: str, most: int, how: Download) -> bytes | None:
        """See `Mirror`."""
        try:
            return self._told(how).text(self._url(path), most)
        except FailedError as error:
            if error.status == _NOT_THERE:
                return None
            raise DataError(f"{self._url(path)}: {error}") from error

    def file(self, path: str, target: Path, facts: FileFacts, how: Download) -> None:
        """See `Mirror`."""
        try:
            self._told(how).file(self._url(path), target, Wanted.exactly(facts))
        except FailedError as error:
            raise DataError(f"{self._url(path)}: {error}") from error

    def _url(self, path: str) -> str:
        return f"{self.url}/{quote(path)}{self.query}"

    def _told(self, how: Download) -> Download:
        return replace(how, headers=self.headers)


def mirrors() -> tuple[Mirror, ...]:
    """Return the mirrors that `$PROTONET_ZOO` names, separated by commas.

    Raises: UsageError if one is none.
    """
    return tuple(_mirror(word) for word in os.environ.get(VARIABLE, "").split(",") if word.strip())


def _mirror(word: str) -> Mirror:
    word = word.strip()
    if word.startswith(_WEB):
        return WebMirror(word, word.rstrip("/"), {})
    if word.startswith(HUB):
        repository = Repository.read(word)
        url, query = url_of(repository)
        return WebMirror(word, url, headers_of(), query)
    if "://" in word:
        raise UsageError(
            f"{VARIABLE} {word}: a mirror is a folder, an address https://… or http://…, or "
            f"{HUB}OWNER/REPOSITORY"
        )
    return FolderMirror(os.path.abspath(os.path.expanduser(word)))
