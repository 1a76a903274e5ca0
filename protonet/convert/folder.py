"""A folder of class folders: `SRC/CLASS/…/image.jpg`.

* The class is the name of the folder directly in SRC; images at any depth below it belong to it.
* Classes are sorted by name; names that are all whole numbers are sorted as numbers.
* Names that begin with a dot are passed over, links are followed.
* Files whose names do not end like an image's are left out, and so are images beside the class
  folders; both are noted. A class folder without images stays a class, so that labels agree
  between conversions.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from protonet.convert.files import ImageFiles, is_image_name, shown
from protonet.convert.source import Part
from protonet.errors import DataError, UsageError

_PARTS_OF_A_SET = frozenset({"train", "training", "test", "testing", "val", "valid", "validation"})
_DATASET_ENDINGS = (".lmdb", ".h5", ".hdf5")
_SHOWN = 3


@dataclass
class _Tree:
    """What lies in a folder: images, and other files."""

    images: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def list_folder(folder: Path, *, gray: bool) -> Part:
    """List a folder of class folders.

    Raises: DataError if there is no class folder or no image, or a folder cannot be read;
        UsageError if the folders are the parts of a data set (`train`, `test`) rather than classes.
    """
    names, beside = _children(folder)
    _check_classes(folder, names, beside)
    trees = [_walk(os.path.join(folder, name)) for name in names]
    paths = [path for tree in trees for path in tree.images]
    if not paths:
        raise DataError(f"{shown(folder)}: no image in its {_count(len(names), 'class folder')}")
    labels = np.repeat(np.arange(len(names), dtype=np.int64), [len(tree.images) for tree in trees])
    return Part(
        ImageFiles(paths, gray), labels, tuple(names), notes=tuple(_notes(names, trees, beside))
    )


def _children(folder: Path) -> tuple[list[str], list[str]]:
    """Return the class folders, sorted, and the names of the files beside them."""
    entries = _entries(str(folder))
    folders = [entry.name for entry in entries if entry.is_dir()]
    beside = [entry.name for entry in entries if not entry.is_dir()]
    names = [name for name in folders if not name.endswith(_DATASET_ENDINGS)]
    if all(name.isdecimal() for name in names):
        names.sort(key=int)
    return names, beside


def _check_classes(folder: Path, names: list[str], beside: list[str]) -> None:
    where = shown(folder)
    if not names:
        images = sum(map(is_image_name, beside))
        found = f"{_count(images, 'image')} directly in it" if images else "no images"
        raise DataError(
            f"{where}: no class folders, {found}; expected {where}/CLASS/IMAGE.jpg. Images with "
            "labels of their own can be given as a list file, one `path label` a line"
        )
    if all(name.lower() in _PARTS_OF_A_SET for name in names):
        raise UsageError(
            f"{where}: {', '.join(names)} look like parts of a data set, not classes; convert "
            f"each by itself: protonet convert {where}/{names[0]} {names[0]}.lmdb"
        )
    for name in names:
        if shown(name) != name:
            raise DataError(
                f"{where}/{shown(name)}: the name of a class must be UTF-8; rename the folder"
            )


def _walk(folder: str, above: frozenset[tuple[int, int]] = frozenset()) -> _Tree:
    """List the files below a folder by name; a link back to a folder above is not followed."""
    tree = _Tree()
    with _folder_errors(folder):
        status = os.stat(folder)
    if (status.st_dev, status.st_ino) in above:
        return tree
    for entry in _entries(folder):
        if entry.is_dir():
            below = _walk(entry.path, above | {(status.st_dev, status.st_ino)})
            tree.images += below.images
            tree.others += below.others
        else:
            (tree.images if is_image_name(entry.name) else tree.others).append(entry.path)
    return tree


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with _folder_errors(folder), os.scandir(folder) as entries:
        return sorted(
            (entry for entry in entries if not entry.name.startswith(".")),
            key=lambda entry: entry.name,
        )


@contextmanager
def _folder_errors(folder: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(f"{shown(folder)}: the folder cannot be read: {error.strerror}") from error


def _notes(names: list[str], trees: list[_Tree], beside: list[str]) -> Iterator[str]:
    others = [path for tree in trees for path in tree.others]
    if others:
        yield f"left out {_count(len(others), 'file')} with no image's name: {_some(others)}"
    images = [name for name in beside if is_image_name(name)]
    if images:
        yield f"left out {_count(len(images), 'image')} beside the class folders: {_some(images)}"
    empty = [name for name, tree in zip(names, trees, strict=True) if not tree.images]
    if empty:
        yield f"no image in {_count(len(empty), 'class folder')}, kept as a class: {_some(empty)}"


def _some(paths: list[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(map(shown, paths[:_SHOWN])) + more


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
