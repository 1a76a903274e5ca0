"""The models that were pulled, in the cache.

A model lies in a folder that is named after the contents of its `model.json`, which holds the
checksums of the other files: so a folder with a name never changes what it holds.

```
zoo/builtin/resnet18/pulled          name of the folder that is in use
zoo/builtin/resnet18/3f0a…           model.json, net.yaml, weights.safetensors
zoo/builtin/resnet18/.lock           held while the model is pulled or removed
zoo/builtin/resnet18/.arriving       what has been downloaded so far
zoo/originals.json                   SHA-256 of every original file, from its first pull on
```
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from protonet.data.cache import cache_errors, locked
from protonet.errors import DataError
from protonet.zoo.model import MODEL, Model, damage_of, model_bytes, read_model

BUILTIN = "builtin"
"""The folder of what the built-in index names."""

_PULLED = "pulled"
_ORIGINALS = "originals.json"
_UNSAFE = re.compile(r"[^A-Za-z0-9]+", re.ASCII)
_DIGITS = 16
"""Hexadecimal digits of a folder's name."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model that is in the cache.

    Attributes:
        folder: where its files lie.
        model: what its model.json says.
    """

    folder: Path
    model: Model

    def damage(self) -> str:
        """Return what is wrong with the files; nothing where they are whole."""
        return damage_of(self.folder, self.model)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the cache keeps one model.

    Attributes:
        cache: the folder of the cache.
        source: what tells apart where models come from, see `source_folder`.
        name: of the model.
    """

    cache: Path
    source: str
    name: str

    @property
    def folder(self) -> Path:
        """All that there is of the model."""
        return self.cache / "zoo" / self.source / self.name

    @property
    def arriving(self) -> Path:
        """Where its files lie until all are there, and between two tries."""
        return self.folder / ".arriving"

    def held(self) -> AbstractContextManager[None]:
        """Return a context in which no other process works on the model.

        Raises: StorageError if the cache cannot be written.
        """
        return locked(self.folder / ".lock", self.cache)

    def pulled(self) -> Pulled | None:
        """Return the model that is there; None where it was not pulled.

        Raises: DataError if it is damaged, or of a newer protonet.
        """
        try:
            name = (self.folder / _PULLED).read_text(encoding="ascii").strip()
            data = (self.folder / name / MODEL).read_bytes()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise DataError(f"{self.folder}: cannot be read: {error}") from error
        if not name or _revision(data) != name:
            why = f"the model is damaged in the cache: {MODEL}: its checksum is another"
            raise DataError(f"{self.folder}: {why}; {_again(self.name)}")
        return Pulled(self.folder / name, read_model(data, str(self.folder / name / MODEL)))

    def put(self, model: Model) -> Pulled:
        """Put what has arrived in its place, and return it; what was there before goes.

        Raises: StorageError if the disk refuses.
        """
        data = model_bytes(model)
        target = self.folder / _revision(data)
        with cache_errors(self.cache):
            (self.arriving / MODEL).write_bytes(data)
            _flushed(self.arriving)
            shutil.rmtree(target, ignore_errors=True)  # damaged, else it were not pulled again
            self.arriving.rename(target)
            _written_whole(self.folder / _PULLED, target.name.encode())
            for entry in self.folder.iterdir():
                if entry.is_dir() and entry != target:
                    shutil.rmtree(entry, ignore_errors=True)
        return Pulled(target, model)

    def remove(self) -> bool:
        """Remove the model, and what has arrived of it; return whether there was one.

        Raises: StorageError if the disk refuses.
        """
        if not self.folder.is_dir():
            return False
        with self.held(), cache_errors(self.cache):
            was_there = (self.folder / _PULLED).exists()
            (self.folder / _PULLED).unlink(missing_ok=True)
            for entry in self.folder.iterdir():
                if entry.is_dir():
                    shutil.rmtree(entry)
        return was_there


def source_folder(address: str) -> str:
    """Return the name of the folder for what comes from one mirror.

    >>> source_folder("https://example.org/zoo/")
    'example-org-zoo-98714e1d'
    """
    plain = address.rstrip("/")
    words = _UNSAFE.sub("-", plain.partition("://")[2] or plain).strip("-")[-40:].strip("-")
    return f"{words}-{hashlib.sha256(plain.encode(errors='surrogateescape')).hexdigest()[:8]}"


def places(cache: Path) -> Iterator[Place]:
    """Yield the place of every model that was pulled."""
    for pulled in sorted((cache / "zoo").glob(f"*/*/{_PULLED}")):
        yield Place(cache, pulled.parent.parent.name, pulled.parent.name)


def pinned(cache: Path, url: str) -> str | None:
    """Return the SHA-256 that an original file had at its first pull; None before that."""
    return _pins(cache).get(url)


def pin(cache: Path, url: str, sha256: str) -> None:
    """Remember the SHA-256 of an original file.

    Raises: StorageError if the cache cannot be written.
    """
    with locked(cache / "zoo" / ".originals.lock", cache), cache_errors(cache):
        pins = {**_pins(cache), url: sha256}
        _written_whole(cache / "zoo" / _ORIGINALS, json.dumps(pins, indent=1).encode())


def _pins(cache: Path) -> dict[str, str]:
    with suppress(OSError, ValueError, AttributeError):
        pins = json.loads((cache / "zoo" / _ORIGINALS).read_bytes())
        return {str(url): str(sha256) for url, sha256 in pins.items()}
    return {}


def _revision(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_DIGITS]


def _again(name: str) -> str:
    return f"get it again: protonet zoo pull {name}"


def _written_whole(path: Path, data: bytes) -> None:
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _flushed(folder: Path) -> None:
    """Put the files of a folder on the disk."""
    for path in folder.iterdir():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
