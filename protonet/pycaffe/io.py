"""caffe.io: images, what prepares them, and Caffe's messages of arrays.

Source: Caffe, python/caffe/io.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from protonet.errors import UsageError
from protonet.pycaffe.images import load_image, oversample, resize_image
from protonet.pycaffe.memory import Array
from protonet.pycaffe.proto.messages import classes
from protonet.pycaffe.transformer import Transformer

__all__ = [
    "Transformer",
    "array_to_blobproto",
    "array_to_datum",
    "arraylist_to_blobprotovector_str",
    "blobproto_to_array",
    "blobprotovector_str_to_arraylist",
    "datum_to_array",
    "load_image",
    "oversample",
    "resize_image",
]

_SIDES = ("num", "channels", "height", "width")
_DATUM_AXES = 3


class ArrayShapeError(UsageError, ValueError):
    """An array of other axes than a message holds."""


def blobproto_to_array(blob: Any, return_diff: bool = False) -> Array:
    """Return the array of a BlobProto, or its gradient.

    Returns: float32, or float64 where the message holds double numbers.
    Raises: UsageError, a ValueError too, if its numbers do not fit its shape.
    """
    single, double = (blob.diff, blob.double_diff) if return_diff else (blob.data, blob.double_data)
    numbers = np.array(double, np.float64) if len(double) else np.array(single, np.float32)
    is_old = any(blob.HasField(side) for side in _SIDES)
    shape = tuple(getattr(blob, side) for side in _SIDES) if is_old else tuple(blob.shape.dim)
    if numbers.size != int(np.prod(shape, dtype=np.int64)):
        raise ArrayShapeError(f"the BlobProto holds {numbers.size} numbers for the shape {shape}")
    return numbers.reshape(shape)


def array_to_blobproto(arr: Array, diff: Array | None = None) -> Any:
    """Return the BlobProto of an array, and of its gradient if there is one."""
    blob = classes()["BlobProto"]()
    blob.shape.dim.extend(arr.shape)
    blob.data.extend(np.asarray(arr, np.float32).reshape(-1))
    if diff is not None:
        blob.diff.extend(np.asarray(diff, np.float32).reshape(-1))
    return blob


def arraylist_to_blobprotovector_str(arraylist: Iterable[Array]) -> bytes:
    """Return the bytes of a BlobProtoVector of arrays."""
    vector = classes()["BlobProtoVector"]()
    vector.blobs.extend(array_to_blobproto(array) for array in arraylist)
    return bytes(vector.SerializeToString())


def blobprotovector_str_to_arraylist(str: bytes) -> list[Array]:
    """Return the arrays of the bytes of a BlobProtoVector."""
    vector = classes()["BlobProtoVector"].FromString(str)
    return [blobproto_to_array(blob) for blob in vector.blobs]


def array_to_datum(arr: Array, label: int | None = None) -> Any:
    """Return the Datum of an array, (K, H, W): bytes where it is uint8, else float numbers.

    Raises: UsageError, a ValueError too, for other axes.
    """
    if arr.ndim != _DATUM_AXES:
        raise ArrayShapeError(f"Incorrect array shape: a Datum holds (K, H, W), not {arr.shape}")
    datum = classes()["Datum"]()
    datum.channels, datum.height, datum.width = arr.shape
    if arr.dtype == np.uint8:
        datum.data = arr.tobytes()
    else:
        datum.float_data.extend(np.asarray(arr, np.float32).reshape(-1))
    if label is not None:
        datum.label = int(label)
    return datum


def datum_to_array(datum: Any) -> Array:
    """Return the array of a Datum, (K, H, W): uint8, or float32.

    Raises: UsageError if it holds an encoded image.
    """
    if datum.encoded:
        raise UsageError("the Datum holds an encoded image; decode datum.data, with Pillow say")
    shape = (datum.channels, datum.height, datum.width)
    if len(datum.data):
        return np.frombuffer(datum.data, np.uint8).reshape(shape)
    return np.array(datum.float_data, np.float32).reshape(shape)
