"""HDF5 files that Caffe wrote: weights and solver states."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from protonet.errors import DataError
from protonet.protobuf.arrays import Array
from protonet.protobuf.file import HDF5_SIGNATURE

_MOST_COMPRESSED = 1100
"""How many bytes one stored byte can stand for; zlib's limit is 1032."""


def is_hdf5(path: Path) -> bool:
    """Return whether a file begins as HDF5 does; not where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(HDF5_SIGNATURE)) == HDF5_SIGNATURE
    except OSError:
        return False


@contextmanager
def opened(path: Path, words: str) -> Iterator[Any]:
    """Open a file for reading.

    Args:
        path: the file.
        words: what it is, for errors: `caffemodel`.

    Raises: DataError if it is damaged, or something in it is.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        # what h5py raises for a damaged file has many names
        raise DataError(f"{path} is no {words} of Caffe, or damaged: {_plain(error)}") from error


def arrays_below(group: Any, path: Path) -> dict[str, Array]:
    """Return the arrays of a group by their names in it; links out of the file are not followed.

    Raises: DataError if one holds no numbers, or says to be larger than what is stored of it.
    """
    import h5py

    found: dict[str, Array] = {}

    def take(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = _array(name, item, path)

    group.visititems(take)
    return {name: found[name] for name in sorted(found, key=_order)}


def _array(name: str, dataset: Any, path: Path) -> Array:
    if dataset.dtype.kind not in "fiu":
        raise DataError(f"{path}: {name} holds {dataset.dtype}, and no numbers")
    stored = dataset.id.get_storage_size()
    if dataset.nbytes > stored * (_MOST_COMPRESSED if dataset.chunks else 1):
        raise DataError(
            f"{path}: {name} says to have the shape {dataset.shape}, and {stored} bytes are stored"
        )
    array: Array = dataset[()]
    return array


def _order(name: str) -> tuple[str, int, str]:
    """Return what names are ordered by: the numbers at their ends as numbers."""
    layer, _, number = name.rpartition("/")
    return layer, int(number) if number.isdecimal() else -1, number


def _plain(error: Exception) -> str:
    return str(error).split("\n", 1)[0].strip("'\"")
