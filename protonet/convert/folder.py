"""A folder of class folders, `SRC/CLASS/…/image.jpg`.

* The class is the name of the folder directly in SRC; images at any depth below it belong to it.
* Classes are sorted by name; names that are all whole numbers are sorted as numbers.
* Names that begin with a dot are passed over, links are followed.
* Files whose names do not end like an image's are left out, and so are images beside the class
  folders; both are noted. A class folder without images stays a class, so that labels agree
  between conversions.

`protonet.convert.set_folder` reads folders of such folders.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from protonet.convert.files import ImageFiles, is_image_name, shown
from protonet.convert.source import Part, labelled
from protonet.errors import DataError

_DATASET_ENDINGS = (".lmdb", ".h5", ".hdf5")
_SHOWN = 3
_PICKLES = "batches.meta"
"""A file of CIFAR's version for Python."""


@dataclass
class _Tree:
    """What lies in a folder: images, and other files."""

    images: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def class_names(folder: Path) -> list[str]:
    """Return the names of the class folders directly in a folder, in the order of their labels.

    Raises: DataError if there is none, one cannot be a name, or the folder cannot be read.
    """
    names = label_order(
        entry.name
        for entry in _entries(str(folder))
        if entry.is_dir() and not entry.name.endswith(_DATASET_ENDINGS)
    )
    if not names:
        raise _no_classes(folder)
    for name in names:
        if shown(name) != name:
            raise DataError(
                f"{shown(folder)}/{shown(name)}: the name of a class must be UTF-8; rename the "
                "folder"
            )
    return label_order(names)


def label_order(names: Iterable[str]) -> list[str]:
    """Sort the names of classes: as numbers where all are whole numbers.

    >>> label_order(["10", "9"]), label_order(["10", "9", "x"])
    (['9', '10'], ['10', '9', 'x'])
    """
    names = sorted(names)
    return sorted(names, key=int) if all(name.isdecimal() for name in names) else names


def list_classes(
    folder: Path, names: Sequence[str], *, gray: bool, table: str | None = None
) -> Part:
    """List the images of a folder of class folders.

    Args:
        folder: it.
        names: the classes; a folder may be missing.
        gray: decode to one channel.
        table: name of the table that is made of them.

    Raises: DataError if there is no image, or a folder cannot be read.
    """
    with _folder_errors(str(folder)):
        above = frozenset([_identity(os.stat(folder))])
    trees = [_class_tree(os.path.join(folder, name), above) for name in names]
    paths = [path for tree in trees for path in tree.images]
    if not paths:
        raise DataError(f"{shown(folder)}: no image in its {_count(len(names), 'class folder')}")
    labels = np.repeat(np.arange(len(names), dtype=np.int64), [len(tree.images) for tree in trees])
    notes = tuple(f"{shown(folder)}: {note}" for note in _notes(folder, names, trees))
    return Part(ImageFiles(paths, gray), labelled(labels), tuple(names), table, notes)


def _no_classes(folder: Path) -> DataError:
    images = len(_images_beside(folder))
    found = f"{_count(images, 'image')} directly in it" if images else "no images"
    where = shown(folder)
    if (folder / _PICKLES).is_file():
        return DataError(
            f"{where}: holds CIFAR as Python's pickles, which may run any program when they are "
            "read; convert the binary version, cifar-10-binary.tar.gz"
        )
    return DataError(
        f"{where}: no class folders, {found}; expected {where}/CLASS/IMAGE.jpg. Images with "
        "labels of their own can be given as a list file, one `path label` a line"
    )


def _images_beside(folder: Path) -> list[str]:
    return [
        entry.name
        for entry in _entries(str(folder))
        if is_image_name(entry.name) and not entry.is_dir()
    ]


def _class_tree(folder: str, above: frozenset[tuple[int, int]]) -> _Tree:
    return _walk(folder, above) if os.path.isdir(folder) else _Tree()


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _walk(folder: str, above: frozenset[tuple[int, int]]) -> _Tree:
    """List the files below a folder by name; a link back to a folder above is not followed."""
    tree = _Tree()
    with _folder_errors(folder):
        status = os.stat(folder)
    if _identity(status) in above:
        return tree
    for entry in _entries(folder):
        if entry.is_dir():
            below = _walk(entry.path, above | {_identity(status)})
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


def _notes(folder: Path, names: Sequence[str], trees: Sequence[_Tree]) -> Iterator[str]:
    others = [os.path.relpath(path, folder) for tree in trees for path in tree.others]
    if others:
        yield f"left out {_count(len(others), 'file')} with no image's name: {_some(others)}"
    beside = _images_beside(folder)
    if beside:
        yield f"left out {_count(len(beside), 'image')} beside the class folders: {_some(beside)}"
    empty = [name for name, tree in zip(names, trees, strict=True) if not tree.images]
    if len(names) == 1:
        yield "there is one class only, so that there is nothing to learn from the labels"
    if empty:
        kept = "kept as a class" if len(empty) == 1 else "kept as classes"
        yield f"no image in {_count(len(empty), 'class folder')}, {kept}: {_some(empty)}"


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(map(shown, paths[:_SHOWN])) + more


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
