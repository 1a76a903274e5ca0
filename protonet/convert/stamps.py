"""What tells whether a source is still what it was: names, sizes and times of change."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from protonet.convert.joining import JoinedImages
from protonet.convert.some_images import SomeImages
from protonet.convert.source import Images, Part
from protonet.data.layout import Rows


@runtime_checkable
class Files(Protocol):
    """Images that are files of their own."""

    @property
    def paths(self) -> Sequence[str]:
        """The file of each."""
        ...


def stamp(part: Part, rows: Rows) -> str:
    """Return a hash over the names of some images and masks, and over what says that a file was
    changed: its size and its time."""
    state = hashlib.blake2b(digest_size=8)
    for images in (part.images, part.masks):
        if images is not None:
            state.update(b"".join(_states(images, rows.tolist())))
    return state.hexdigest()


def has_own_files(part: Part) -> bool:
    """Tell whether all images and masks are files of their own, and all else was read already."""
    found = [images for images in (part.images, part.masks) if images is not None]
    return bool(found) and all(map(_are_files, found))


def _are_files(images: Images) -> bool:
    if isinstance(images, SomeImages):
        return _are_files(images.images)
    return isinstance(images, Files)


def source_stamp(source: Path, more: Iterable[Path] = ()) -> str:
    """Return a hash over a source and its files: those directly in it, where it is a folder.

    Args:
        source: a folder, a file, or a table in a dataset.
        more: other files that it is read from.
    """
    state = hashlib.blake2b(digest_size=8)
    place = source if os.path.exists(source) else source.parent
    for path in (*_files(place), *map(os.fspath, more)):
        state.update(_of_file(path))
    return state.hexdigest()


def _files(place: Path) -> Iterator[str]:
    if not place.is_dir():
        yield os.fspath(place)
        return
    with os.scandir(place) as entries:
        yield from sorted(entry.path for entry in entries if entry.is_file())


def _states(images: Images, rows: Sequence[int]) -> Iterator[bytes]:
    if isinstance(images, SomeImages):
        yield from _states(images.images, [images.rows[row] for row in rows])
    elif isinstance(images, JoinedImages):
        for row in rows:
            part, index = images.at(row)
            yield from _states(part, [index])
    elif isinstance(images, Files):  # which takes longer to find out than to look at a file
        paths = images.paths
        for row in rows:
            yield _of_file(paths[row])
    else:
        for row in rows:
            yield images.name(row).encode()


def _of_file(path: str) -> bytes:
    try:
        found = os.stat(path)
    except OSError:
        return os.fsencode(f"{path}\0gone\0")
    return os.fsencode(f"{path}\0{found.st_size} {found.st_mtime_ns}\0")
