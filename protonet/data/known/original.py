"""The original files of a known set on this machine, found and verified."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from protonet.data.known.sets import KnownSet, OriginalFile
from protonet.errors import DataError

ASSETS = Path(__file__).parent.parent / "assets"
"""Files that come with protonet."""

_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Originals:
    """The files of a set, verified.

    Attributes:
        files: name of the original file → where it lies, packed or unpacked.
        origin: the folder or address that they come from.
    """

    files: Mapping[str, Path]
    origin: str


def packaged(known: KnownSet, folder: Path = ASSETS) -> Originals:
    """Return the files of a set that comes with protonet.

    Raises: DataError if one is missing or damaged.
    """
    files = {file.name: folder / file.name for file in known.files}
    for file in known.files:
        if not is_intact(files[file.name], file):
            raise DataError(
                f"{files[file.name]}: this file of protonet's own is missing or damaged; install "
                "protonet again"
            )
    return Originals(files, "protonet")


def given(known: KnownSet, tried: list[str]) -> Originals | None:
    """Return the files that the user has under `$PROTONET_DATA`, or None where they are not.

    Args:
        known: the set.
        tried: takes each place without the set, and why.

    Raises: DataError if a file is there but is not the original.
    """
    data = os.environ.get("PROTONET_DATA")
    if not data:
        tried.append("PROTONET_DATA is not set")
        return None
    for name in known.folders:
        folder = Path(data) / name
        found = {file.name: _lying(folder, file) for file in known.files}
        files = {name: path for name, path in found.items() if path}
        if len(files) == len(found):
            for file in known.files:
                _verify(files[file.name], file)
            return Originals(files, str(folder))
        missing = next(name for name, path in found.items() if path is None)
        is_folder = os.path.isdir(folder)
        tried.append(f"{folder}: {f'has no {missing}' if is_folder else 'there is no such folder'}")
    return None


def is_intact(path: Path, file: OriginalFile) -> bool:
    """Return whether a path holds the original file, packed as it was published."""
    try:
        return path.stat().st_size == file.size and _md5(path) == file.md5
    except OSError:
        return False


def _lying(folder: Path, file: OriginalFile) -> Path | None:
    """Return the file in a folder, packed or unpacked."""
    packed = folder / file.name
    return next((path for path in (packed, packed.with_suffix("")) if os.path.isfile(path)), None)


def _verify(path: Path, file: OriginalFile) -> None:
    wanted = file.md5 if path.name == file.name else file.unpacked_md5
    try:
        found = _md5(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    if found != wanted:
        raise DataError(
            f"{path}: its MD5 is {found}, and the original's is {wanted}; get the file again, or "
            "take it away so that it is looked for elsewhere"
        )


def _md5(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()
