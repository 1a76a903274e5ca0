"""HDF5Data: the rows of arrays in HDF5 files that a text file lists, one file after the other.

Source: Caffe, hdf5_data_layer.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from protonet.caffe.context import find
from protonet.caffe.hdf5_file import opened
from protonet.errors import DataError
from protonet.pycaffe.memory import Array

_WORDS = "HDF5 file"


@dataclass(frozen=True, slots=True)
class Hdf5Rows:
    """The arrays of a data layer, whole in memory as Caffe has them.

    Attributes:
        arrays: of each top, in the order of the layer's tops; all have as many rows.
        batch_size: rows of a batch.
        shuffle: take the rows in another order in every epoch.
    """

    arrays: tuple[Array, ...]
    batch_size: int
    shuffle: bool = False

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.arrays[0])


class RowsReader:
    """Gives batch after batch, for ever; a batch may span two epochs.

    Args:
        rows: the arrays.
        seed: of the order.
    """

    def __init__(self, rows: Hdf5Rows, seed: int) -> None:
        self._rows, self._chance = rows, np.random.default_rng(seed)
        self._order = self._shuffled()
        self._position = 0

    def batch(self) -> list[Array]:
        """Return the next rows of every array."""
        places: list[int] = []
        while len(places) < self._rows.batch_size:
            if self._position == len(self._order):
                self._order, self._position = self._shuffled(), 0
            end = self._position + self._rows.batch_size - len(places)
            taken = self._order[self._position : end]
            places += taken.tolist()
            self._position += len(taken)
        return [array[places] for array in self._rows.arrays]

    def _shuffled(self) -> Any:
        order = np.arange(len(self._rows))
        return self._chance.permutation(order) if self._rows.shuffle else order


def read_rows(source: Path, tops: Sequence[str], batch_size: int, *, shuffle: bool) -> Hdf5Rows:
    """Read the files of a list.

    Args:
        source: the list; what it names is looked for in the current folder, then beside it.
        tops: names of the arrays.
        batch_size, shuffle: as `Hdf5Rows` has them.

    Raises: DataError if a file is missing or damaged, has not these arrays, or they have different
        numbers of rows.
    """
    files = _listed(source)
    parts = [_arrays(file, tops) for file in files]
    joined: list[Array] = []
    for place, top in enumerate(tops):
        pieces = [part[place] for part in parts]
        shapes = {piece.shape[1:] for piece in pieces}
        if len(shapes) > 1:
            raise DataError(f"{source}: the rows of {top} have several shapes: {sorted(shapes)}")
        joined.append(np.concatenate(pieces))
    if not len(joined[0]):
        raise DataError(f"{source}: its files have no rows")
    return Hdf5Rows(tuple(joined), batch_size, shuffle)


def _listed(source: Path) -> list[Path]:
    try:
        lines = source.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError as error:
        raise DataError(f"{source}: {error.strerror or error}") from error
    names = [line.strip() for line in lines if line.strip()]
    if not names or any("\0" in name for name in names):
        raise DataError(
            f"{source}: the source of HDF5Data is a text file that lists HDF5 files, one a line"
        )
    places = (Path(), source.parent)
    found = [(name, find(name, places)) for name in names]
    missing = [name for name, file in found if file is None]
    if missing:
        raise DataError(
            f"{source}: {missing[0]} is neither in the current folder nor beside the list"
        )
    return [file for _, file in found if file is not None]


def _arrays(file: Path, tops: Sequence[str]) -> list[Array]:
    with opened(file, _WORDS) as group:
        known = [name for name, item in group.items() if hasattr(item, "dtype")]
        for top in tops:
            if top not in known:
                raise DataError(
                    f"{file}: it has no array {top}; it has {', '.join(known) or 'none'}"
                )
        arrays = [np.asarray(group[top][()], np.float32) for top in tops]
    counts = {top: len(array) if array.ndim else 0 for top, array in zip(tops, arrays, strict=True)}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{top} has {count}" for top, count in counts.items())
        raise DataError(f"{file}: its arrays have different numbers of rows: {listed}")
    return arrays
