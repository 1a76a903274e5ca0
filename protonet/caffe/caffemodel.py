"""Caffe's weights: a `.caffemodel` in protobuf or HDF5, as arrays by layer and number.

```
NetParameter          protobuf
  layer | layers      each with its name and its blobs; also layers { layer { … } }, before 2014
    blobs             BlobProto: shape, or num, channels, height, width; data or double_data,
                      or NVCaffe's raw_data_type and raw_data
/data/<layer>/<n>     HDF5, a data set for each blob
```
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from protonet.caffe.hdf5_file import arrays_below, is_hdf5, opened
from protonet.caffe.plain_name import plain_name
from protonet.errors import DataError
from protonet.protobuf import Parsed, read_message
from protonet.protobuf.arrays import Array
from protonet.protobuf.schema import MESSAGES
from protonet.protobuf.walk import Place

SUFFIXES = (".caffemodel", ".h5", ".hdf5")

_WORDS = "caffemodel"
_NET = MESSAGES["NetParameter"]


def is_caffemodel(path: Path) -> bool:
    """Return whether a file is one of Caffe's weights, by its name."""
    return path.suffix in SUFFIXES


def read_caffemodel(path: Path) -> dict[str, Array]:
    """Return the arrays of a file by `layer/number`; those of protobuf are views of the file.

    Of several layers of one name the last counts, as in Caffe. A dot in a name is `_` here, as it
    is where a net is imported.

    Raises: DataError if there is no such file, it is damaged, or it is something else.
    """
    found = _from_hdf5(path) if is_hdf5(path) else _from_protobuf(path)
    if not found:
        raise DataError(f"{path}: it holds no weights: none of its layers has an array")
    return found


def is_for_opencv(path: Path) -> bool:
    """Return whether OpenCV reads a file: it is of protobuf, without layers of 2013 and without
    double numbers.

    Raises: DataError if there is no such file, it is damaged, or it is something else.
    """
    if is_hdf5(path):
        return False
    parsed = read_message(path, "NetParameter", _WORDS)
    if any(layer.HasField("layer") for layer in parsed.message.layers):
        return False
    return all(parsed.array(*each).dtype == np.float32 for each in _blobs(parsed))


def _from_protobuf(path: Path) -> dict[str, Array]:
    parsed = read_message(path, "NetParameter", _WORDS)
    return {each[2]: parsed.array(*each) for each in _blobs(parsed)}


def _blobs(parsed: Parsed) -> Iterator[tuple[Any, Place, str]]:
    """Yield each BlobProto with its place in the file and its name, `layer/number`."""
    for name, layer, place, field in _layers(parsed):
        for number, blob in enumerate(layer.blobs):
            yield blob, (*place, (field, number)), f"{name}/{number}"


def _layers(parsed: Parsed) -> Iterator[tuple[str, Any, Place, int]]:
    """Yield each layer with its name, its place in the file, and the number of its blobs' field.

    A layer without weights is no less one: a net may have a `layers` in the dialect of its time.
    """
    for at, layer in enumerate(parsed.message.layers):
        place: Place = ((_NET["layers"].number, at),)
        kind = "V1LayerParameter"
        if layer.HasField("layer"):
            place, kind = (*place, (MESSAGES[kind]["layer"].number, 0)), "V0LayerParameter"
            layer = layer.layer
        yield _name(layer), layer, place, MESSAGES[kind]["blobs"].number
    blobs = MESSAGES["LayerParameter"]["blobs"].number
    for at, layer in enumerate(parsed.message.layer):
        yield _name(layer), layer, ((_NET["layer"].number, at),), blobs


def _name(layer: Any) -> str:
    name: str = layer.name.decode("utf-8", "replace")
    return plain_name(name)


def _from_hdf5(path: Path) -> dict[str, Array]:
    with opened(path, _WORDS) as file:
        if "data" not in file:
            raise DataError(f"{path} is no {_WORDS} of Caffe: it has no group data")
        found = arrays_below(file["data"], path)
    layers = {}
    for name, array in found.items():
        layer, _, number = name.rpartition("/")
        layers[f"{plain_name(layer)}/{number}"] = array
    return layers
