"""The files of an import: all of them there at the end, or none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from protonet.errors import StorageError, UsageError


@dataclass(frozen=True, slots=True)
class Target:
    """Where an import goes.

    Attributes:
        folder: that the files lie in.
        spec: name of the spec in it.
        prefix: what stands before the names of the other files.
        is_whole: whether the folder is the import's own.
    """

    folder: Path
    spec: str
    prefix: str
    is_whole: bool

    @classmethod
    def at(cls, out: Path) -> Target:
        """Return where an import goes: into a file `x.yaml` with others beside it, or a folder."""
        if out.suffix in (".yaml", ".yml"):
            return cls(out.parent, out.name, f"{out.stem}_", is_whole=False)
        return cls(out, "net.yaml", "", is_whole=True)

    @property
    def path(self) -> Path:
        """The spec."""
        return self.folder / self.spec

    def named(self, name: str) -> str:
        """Return what a file is called that lies beside the spec."""
        return f"{self.prefix}{name}"

    def check_free(self, *, force: bool) -> None:
        """Refuse to write over anything.

        Raises: UsageError.
        """
        if self.is_whole and self.folder.exists() and not self.folder.is_dir():
            raise UsageError(f"{self.folder} is no folder; name a new one, or a .yaml file")
        taken = self.folder if self.is_whole else self.path
        if not force and taken.exists() and not (self.is_whole and not any(taken.iterdir())):
            raise UsageError(f"{taken} exists; --force writes over it")


@contextmanager
def written(target: Target) -> Iterator[Path]:
    """Give a folder to write the files into; at the end they stand where they should, and none of
    them does if anything went wrong.

    A folder of its own appears with all its files at once. Where files stand already, they are
    replaced one by one, the spec last.

    Raises: StorageError if the disk refuses.
    """
    draft = target.folder.parent / f".{target.folder.name}.{os.getpid()}.partial"
    if not target.is_whole:
        draft = target.folder / f".{target.spec}.{os.getpid()}.partial"
    try:
        try:
            draft.mkdir(parents=True)
            yield draft
            _move(draft, target)
        except OSError as error:
            name = error.filename or target.folder
            raise StorageError(f"{name} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _move(draft: Path, target: Target) -> None:
    if not target.folder.exists() or (target.is_whole and not any(target.folder.iterdir())):
        draft.replace(target.folder)
        return
    files = sorted(draft.iterdir(), key=lambda file: file.name == target.spec)
    for file in files:
        file.replace(target.folder / file.name)


def put(path: Path, content: bytes) -> None:
    """Write a file and put it on the disk."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
