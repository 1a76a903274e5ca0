"""Blobs of a net for many pictures, in one HDF5 file.

Each blob is an array of its name at the top of the file, (N, …), which Caffe's HDF5Data and
`protonet convert` read; row n belongs to the picture `pictures/path[n]`. `classes/name` holds the
names of the classes, where there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from protonet.data.layout import Array
from protonet.errors import StorageError
from protonet.predict.predictor import Predicted

PATHS, CLASSES = "pictures/path", "classes/name"
_CHUNK = 1 << 20
"""About how many bytes of an array lie together in the file."""


class FeatureFile:
    """A file that grows batch by batch. As a context it closes the file at the end.

    Args:
        file: where it is written.
        path: what it will be called, for messages.
        blobs: names of the arrays.
        classes: names of the classes, or None.

    Raises: StorageError if it cannot be made.
    """

    def __init__(
        self, file: Path, path: Path, blobs: Sequence[str], classes: Sequence[str] | None
    ) -> None:
        import h5py

        self._path, self._blobs = path, blobs
        with _writing(path):
            self._file = h5py.File(file, "w", locking=False)
            self._text = h5py.string_dtype()
            if classes:
                self._file.create_dataset(CLASSES, data=list(classes), dtype=self._text)

    def __enter__(self) -> FeatureFile:
        """Return the file."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        with _writing(self._path):
            self._file.close()

    def take(self, predicted: Predicted) -> None:
        """Append the rows of some pictures; those that could not be read have none.

        Raises: StorageError if the disk refuses.
        """
        if not predicted.paths:
            return
        with _writing(self._path):
            for name in self._blobs:
                values = predicted.blobs[name]
                self._append(name, values, values.dtype, values[:1].nbytes)
            self._append(PATHS, list(predicted.paths), self._text, 16)

    def _append(self, name: str, values: Array | list[str], dtype: Any, each: int) -> None:
        array = self._file.get(name)
        if array is None:
            shape = () if isinstance(values, list) else values.shape[1:]
            chunks = (max(_CHUNK // max(each, 1), 1), *(max(axis, 1) for axis in shape))
            array = self._file.create_dataset(
                name, shape=(0, *shape), maxshape=(None, *shape), chunks=chunks, dtype=dtype
            )
        array.resize(len(array) + len(values), axis=0)
        array[len(array) - len(values) :] = values


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn what h5py and the system raise on writing into a StorageError."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        raise StorageError(f"{path}: cannot be written: {why}") from error
