"""HDF5 as Caffe's HDF5Data reads it: arrays whose first axis counts records, in one file or a list.

Every array at the top of a file is a field of its name; the files of a list follow one another. The
field `label`, if it holds whole numbers from 0, one for each record, becomes classes; everything
else is stored as it is, element type and shape. Arrays are read piece by piece.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from protonet.convert.files import shown
from protonet.convert.source import LABEL, Held, Part, Values, numbered_classes
from protonet.data.hdf5 import reading
from protonet.data.header import FieldSpec
from protonet.data.layout import Array, Rows
from protonet.errors import DataError

if TYPE_CHECKING:
    import h5py

ENDINGS = (".h5", ".hdf5")


@dataclass(frozen=True)
class FileArrays:
    """Arrays of several files, one after the other.

    Args:
        arrays: of each file, of one shape but for the first axis.
        where: the file or list, for messages.
    """

    arrays: Sequence[Any]
    where: str

    def __len__(self) -> int:
        """Return the number of records."""
        return sum(array.shape[0] for array in self.arrays)

    def spec(self, name: str) -> FieldSpec:
        """Return the field as it is stored under this name."""
        return FieldSpec(name=name, dtype=self.dtype.name, shape=tuple(self.arrays[0].shape[1:]))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type that holds the numbers of all files."""
        return np.result_type(*(array.dtype for array in self.arrays)).newbyteorder("=")

    def take(self, rows: Rows) -> Array:
        """Return the records of these numbers, (N, *shape).

        Raises: DataError if they cannot be read.
        """
        out = np.empty((len(rows), *self.arrays[0].shape[1:]), self.dtype)
        begin = 0
        for array in self.arrays:
            here = np.flatnonzero((rows >= begin) & (rows < begin + array.shape[0]))
            if here.size:
                wanted, places = np.unique(rows[here] - begin, return_inverse=True)
                with reading(self.where):
                    out[here] = _pieces(array, wanted)[places]
            begin += array.shape[0]
        return out


def _pieces(array: Any, rows: Rows) -> Array:
    """Return records in rising order; h5py is slow to pick single ones, so runs are read whole."""
    ends = np.flatnonzero(np.diff(rows) != 1) + 1
    return np.concatenate([array[run[0] : run[-1] + 1] for run in np.split(rows, ends)])


def list_hdf5(source: Path, *, in_shape: bool = False) -> Part:
    """List an HDF5 file, or a list of them.

    Args:
        source: it.
        in_shape: leave labels that are classes in the shape that they have in the file, such as
            (1), instead of ().

    Raises: DataError if a file cannot be read, or their arrays do not belong together.
    """
    where = shown(source)
    paths = [source] if source.suffix in ENDINGS else hdf5_list(source)
    if not paths:
        raise DataError(f"{where}: names no HDF5 file")
    files = [_open(path) for path in paths]
    names = [name for name, item in files[0].items() if hasattr(item, "dtype")]
    if not names:
        raise DataError(f"{shown(paths[0])}: holds no array")
    arrays = {name: _joined(name, files, paths, where) for name in names}
    values: dict[str, Values] = dict(arrays)
    counts = {name: len(one) for name, one in values.items()}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise DataError(f"{where}: its arrays have different numbers of records: {listed}")
    classes = None
    if LABEL in arrays:
        values[LABEL], classes = _label(arrays[LABEL], in_shape=in_shape)
    return Part(None, values, classes)


def hdf5_list(file: Path) -> list[Path]:
    """Return the HDF5 files that a text file lists, one a line; none where it is no such list.

    Paths are relative to the current folder, as Caffe's are, or else to the list's own; what is in
    neither is looked for beside the list.
    """
    try:
        lines = file.read_bytes()[: 1 << 20].splitlines()
    except OSError:
        return []
    names = [os.fsdecode(line.strip()) for line in lines if line.strip()]
    if not names or not all(name.lower().endswith(ENDINGS) for name in names):
        return []
    return [_located(name, file.parent) for name in names]


def _located(name: str, folder: Path) -> Path:
    places = (Path(name), folder / name, folder / os.path.basename(name))
    return next((place for place in places if place.exists()), places[1])


def _open(path: Path) -> h5py.File:
    import h5py

    if not path.exists():
        raise DataError(f"{shown(path)}: there is no such file")
    with reading(shown(path)):
        return h5py.File(path, "r", locking=False)


def _joined(name: str, files: Sequence[h5py.File], paths: Sequence[Path], where: str) -> FileArrays:
    arrays = []
    for file, path in zip(files, paths, strict=True):
        array = file.get(name)
        if array is None or not array.shape or array.dtype.kind not in "biuf":
            raise DataError(f"{shown(path)}: {name} is no array of numbers, a record for each row")
        if array.shape[1:] != files[0][name].shape[1:]:
            raise DataError(
                f"{shown(path)}: {name} has the shape {list(array.shape)}, and in "
                f"{shown(paths[0])} it has {list(files[0][name].shape)}"
            )
        arrays.append(array)
    return FileArrays(arrays, where)


def _label(values: FileArrays, *, in_shape: bool) -> tuple[Values, tuple[str, ...] | None]:
    array = values.take(np.arange(len(values)))
    flat = array.reshape(len(array), -1)
    if flat.shape[1] != 1 or not np.isfinite(flat).all():
        return values, None
    whole = flat[:, 0].astype(np.int64)
    if (whole != flat[:, 0]).any() or whole.min(initial=0) < 0:
        return values, None
    return Held(whole.reshape(array.shape) if in_shape else whole), numbered_classes(whole)
