"""HDF5Output: what passes through a net, written to a file."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from protonet.errors import ShapeError, StorageError
from protonet.layers.record import TWO, Arity, Blob, LayerType, Setting
from protonet.records import Record, Text

NAMES = ("data", "label")
"""What the arrays in the file are called, for the first and the second bottom."""
_CHUNK = 2**20
"""About how many bytes of an array lie together in the file."""
_WRITES = "it writes a file, which no compiled or exported graph does"


class HDF5OutputParams(Record):
    """Where the file goes."""

    file_name: Text
    """The file, relative to the spec. It is there once it is whole, after the last batch; one that
    was there before is replaced."""


class Written:
    """One HDF5 file while it is written, beside the place where it is going to be.

    Args:
        path: that place.

    Raises: StorageError if it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        import h5py

        self.path, self.partial = path, path.with_name(f"{path.name}.partial")
        with _writing(self.path):
            self._file = h5py.File(self.partial, "w", locking=False)

    def append(self, name: str, rows: torch.Tensor) -> None:
        """Add rows, (N, …), to the array of this name.

        Raises: StorageError if they cannot be written.
        """
        wide = rows.float() if rows.dtype == torch.bfloat16 else rows
        values = wide.detach().cpu().numpy()
        with _writing(self.path):
            array = self._file.get(name) or self._new(name, values)
            array.resize(len(array) + len(values), axis=0)
            array[len(array) - len(values) :] = values

    def _new(self, name: str, values: Any) -> Any:
        each = max(values[:1].nbytes, 1)
        shape = values.shape[1:]
        chunks = (max(_CHUNK // each, 1), *(max(axis, 1) for axis in shape))
        return self._file.create_dataset(
            name, shape=(0, *shape), maxshape=(None, *shape), chunks=chunks, dtype=values.dtype
        )

    def publish(self) -> None:
        """Close the file and give it its name."""
        with _writing(self.path):
            self._file.close()
            os.replace(self.partial, self.path)

    def discard(self) -> None:
        """Close the file and remove it."""
        self._file.close()
        self.partial.unlink(missing_ok=True)


class HDF5Output(nn.Module):
    """Appends every batch to a file, which `finish` completes; the next batch begins another.

    A file that nobody finishes is completed when the program ends, unless that is killed.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._written: Written | None = None
        self._finish: weakref.finalize[Any, Any] | None = None

    def forward(self, *bottoms: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Write (N, …) and (N, …); return nothing.

        Raises: StorageError if the file cannot be written.
        """
        if self._written is None:
            self._written = Written(self.path)
            self._finish = weakref.finalize(self, self._written.publish)
        for name, bottom in zip(NAMES, bottoms, strict=True):
            self._written.append(name, bottom)
        return ()

    def finish(self) -> None:
        """Complete the file, if one was begun: the pass that it is of is over.

        Raises: StorageError if it cannot be written.
        """
        finish, self._finish, self._written = self._finish, None, None
        if finish is not None:
            finish()

    def discard(self) -> None:
        """Remove the file that was begun, if any: the pass that it is of failed."""
        written, finish = self._written, self._finish
        self._written = self._finish = None
        if written is not None and finish is not None:
            finish.detach()
            written.discard()


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn what h5py and the system raise on writing into a StorageError."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        raise StorageError(f"{path}: cannot be written: {reason}") from error


def build(params: HDF5OutputParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Write two blobs to the arrays `data` and `label` of an HDF5 file, batch behind batch.

    Bottoms: two blobs with one first axis, (N, …), any number types.
    Tops: none. The bottoms get no gradient from it.
    Raises: ShapeError if the bottoms have no axis, or differ in the first.
    Source: Caffe, hdf5_output_layer.cpp, which begins the file anew with every batch.
    """
    for position, blob in enumerate(bottoms):
        if not blob.rank or blob.shape[0] != bottoms[0].shape[0]:
            why = f"bottom {position} of shape {blob} has not the samples of bottom 0, {bottoms[0]}"
            raise ShapeError(why, "both have one first axis, that of the samples")
    return HDF5Output(Path(params.file_name).absolute())


def infer(params: HDF5OutputParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return no top."""
    return ()


HDF5_OUTPUT = LayerType(
    name="HDF5Output",
    params=HDF5OutputParams,
    build=build,
    bottoms=TWO,
    tops=Arity(0, 0),
    infer=infer,
    acts=True,
    paths=("file_name",),
    exclusions=MappingProxyType(
        {
            "run": "the contract writes no files",
            "gradient": "it has no top",
            "compile": _WRITES,
            "export": _WRITES,
        }
    ),
)
