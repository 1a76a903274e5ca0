"""Weights of a net: loaded, shared with another net, written as Caffe's files.

Source: Caffe, net.cpp, CopyTrainedLayersFrom, ShareTrainedLayersWith, ToProto, ToHDF5.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from protonet.caffe.writing.caffemodel import Stored, write_caffemodel
from protonet.errors import DataError, StorageError, UsageError
from protonet.pycaffe.building import Built
from protonet.pycaffe.step import Layer
from protonet.pycaffe.work import ModuleWork
from protonet.snapshot.weights import load_weights

_MOST_BYTES = 2**31 - 1
"""What protobuf puts into one message."""


def copy_from(built: Built, path: Path) -> None:
    """Load weights into the layers of the same names.

    Raises: DataError if the file cannot be read, nothing in it fits, or an array is of another
        shape than the layer's.
    """
    for blob in built.parameters():
        blob.memory.tensor  # noqa: B018  # what was written beside a GPU goes first
    report = load_weights(built.core, path)
    for blob in built.parameters():
        blob.memory.changed()
    if report.misfit:
        raise DataError(
            f"{path}: cannot copy {'; '.join(report.misfit)}; to learn a layer's parameters from "
            "scratch, give the layer another name"
        )


def share(built: Built, other: Built) -> None:
    """Make the parameters of layers of the same names one memory: the other net's.

    Raises: UsageError where their number or shapes differ.
    """
    given = {layer.name: layer for layer in other.layers if layer.blobs}
    for layer in built.layers:
        if layer.blobs and layer.name in given:
            _share(layer, given[layer.name])


def _share(layer: Layer, other: Layer) -> None:
    shapes = [[blob.shape for blob in one.blobs] for one in (layer, other)]
    if shapes[0] != shapes[1]:
        raise UsageError(
            f"share_with: layer {layer.name} has parameters of shapes {shapes[0]}, and the other "
            f"net's {shapes[1]}"
        )
    assert isinstance(layer.work, ModuleWork)  # no other has parameters
    for tensors, blob, source in zip(layer.work.held, layer.blobs, other.blobs, strict=True):
        blob.share(source.memory)
        for tensor in tensors:
            tensor.data = source.memory.tensor


def save(built: Built, path: Path) -> None:
    """Write a caffemodel: every layer with its type and parameters.

    Raises: UsageError if it is larger than protobuf writes; StorageError if the disk refuses.
    """
    size = sum(blob.data.nbytes for layer in built.layers for blob in layer.blobs)
    if size > _MOST_BYTES:
        raise UsageError(f"{path}: {size:,} bytes are more than a caffemodel holds; save_hdf5 can")
    layers = (
        Stored(layer.name, layer.type, [blob.data for blob in layer.blobs])
        for layer in built.layers
    )
    with _storage_errors(path):
        write_caffemodel(path, built.core.spec.name or "", layers)


def save_hdf5(built: Built, path: Path, *, with_diff: bool) -> None:
    """Write `/data/<layer>/<number>`, and `/diff/…` if asked for.

    Raises: StorageError if the disk refuses.
    """
    import h5py

    with _storage_errors(path), h5py.File(path, "w") as file:
        for layer in built.layers:
            data = file.require_group("data").require_group(_escaped(layer.name))
            for number, blob in enumerate(layer.blobs):
                data.create_dataset(str(number), data=np.ascontiguousarray(blob.data))
                if with_diff:
                    place = f"diff/{_escaped(layer.name)}/{number}"
                    file.create_dataset(place, data=np.ascontiguousarray(blob.diff))


def _escaped(name: str) -> str:
    """Return a layer's name; an empty one cannot be a group's."""
    return name or "_"


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror or error}") from error
