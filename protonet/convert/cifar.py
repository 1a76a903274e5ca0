"""CIFAR's binary files.

    CIFAR-10     a record is its label, one byte, and 3,072 pixels: 32 x 32 of red, green and blue
    CIFAR-100    two labels, of the coarse classes and the fine ones, and the same

`data_batch_1.bin` to `data_batch_5.bin` become the table `train`, `test_batch.bin` becomes `test`;
so do CIFAR-100's `train.bin` and `test.bin`. The names of the classes are read from
`batches.meta.txt`, or `fine_label_names.txt` and `coarse_label_names.txt`, where they lie beside.

Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from protonet.convert.array_images import ArrayImages
from protonet.convert.files import shown
from protonet.convert.source import LABEL, Held, Part, Values, numbered_classes
from protonet.data.layout import Array
from protonet.errors import DataError

_NAME = re.compile(r"(data_batch|test_batch|train|test)(_[\w]+)?\.bin")
_SHAPE = (3, 32, 32)
_PIXELS = 3 * 32 * 32
_FINE_NAMES = ("train.bin", "test.bin")


def is_cifar_name(name: str) -> bool:
    """Tell whether a file's name is that of one of CIFAR's binary files."""
    return _NAME.fullmatch(name) is not None


def cifar_files(folder: Path) -> list[Path]:
    """Return CIFAR's binary files directly in a folder, by name."""
    return sorted(path for path in folder.iterdir() if is_cifar_name(path.name))


def list_cifar(files: Sequence[Path], *, gray: bool) -> tuple[Part, ...]:
    """List CIFAR's binary files: one part for each table.

    Raises: DataError if a file cannot be read, or is no row of such records.
    """
    tables: dict[str, list[Path]] = {}
    for file in files:
        tables.setdefault("test" if file.name.startswith("test") else "train", []).append(file)
    only = len(tables) == 1
    return tuple(
        _part(members, None if only else table, gray=gray) for table, members in tables.items()
    )


def _part(files: Sequence[Path], table: str | None, *, gray: bool) -> Part:
    records = [_records(file) for file in files]
    widths = {one.shape[1] for one in records}
    if len(widths) > 1:
        raise DataError(f"{shown(files[0].parent)}: files of CIFAR-10 and of CIFAR-100 are mixed")
    every = records[0] if len(records) == 1 else np.concatenate(records)
    labels = every.shape[1] - _PIXELS
    where = shown(files[0]) if len(files) == 1 else shown(files[0].parent)
    fine = every[:, labels - 1].astype(np.int64)
    beside = files[0].parent
    values: dict[str, Values] = {}
    names = "batches.meta.txt"
    if labels == 2:
        coarse = every[:, 0].astype(np.int64)
        known = _class_names(beside / "coarse_label_names.txt", coarse)
        values["coarse_label"], names = Held(coarse, names=known), "fine_label_names.txt"
    values[LABEL] = Held(fine)
    images = ArrayImages(where, every[:, labels:].reshape(-1, *_SHAPE), gray=gray)
    return Part(images, values, _class_names(beside / names, fine), table)


def _records(file: Path) -> Array:
    where = shown(file)
    try:
        data = np.fromfile(file, np.uint8)
    except OSError as error:
        raise DataError(f"{where}: cannot be read: {error.strerror or error}") from error
    fine = file.name in _FINE_NAMES
    for labels in (2, 1) if fine else (1, 2):
        if data.size and data.size % (labels + _PIXELS) == 0:
            return data.reshape(-1, labels + _PIXELS)
    raise DataError(
        f"{where}: has {data.size} bytes, and a record of CIFAR-10 has 3073, one of CIFAR-100 "
        "3074: it was cut short, or is none of CIFAR's; get it again"
    )


def _class_names(file: Path, labels: Array) -> tuple[str, ...] | None:
    """Return the names in a file, if there is one and it has enough, else numbers."""
    numbers = numbered_classes(labels)
    if not file.is_file():
        return numbers
    names = [line.strip() for line in file.read_text(errors="replace").splitlines()]
    known = tuple(name for name in names if name)
    return known if len(known) >= len(numbers or ()) else numbers
