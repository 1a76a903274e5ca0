"""Datum, what Caffe's databases hold for each record: an array of pixels or floats, or an image
file's bytes, and a label.

Source: Caffe, caffe.proto, message Datum; written as io.cpp's CVMatToDatum and ReadFileToDatum do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from protonet.data.layout import Array
from protonet.errors import DataError
from protonet.protobuf.schema import message_class


@dataclass(frozen=True)
class Datum:
    """One record of Caffe's.

    Args:
        label: the class.
        array: (C, H, W), uint8 or float32; None where it is encoded.
        encoded: an image file's bytes; None where they are not.
    """

    label: int
    array: npt.NDArray[Any] | None = None
    encoded: bytes | None = None


def read_datum(content: bytes, where: str) -> Datum:
    """Read a Datum.

    Args:
        content: its bytes.
        where: the record, for messages.

    Raises: DataError if the bytes are none.
    """
    message = message_class("Datum")()
    try:
        message.ParseFromString(content)
    except Exception as error:  # protobuf's DecodeError, which only it can name
        raise DataError(f"{where}: is no Datum of Caffe: its bytes are no message") from error
    if message.encoded:
        return Datum(message.label, encoded=message.data)
    if message.data:
        values: Array = np.frombuffer(message.data, np.uint8)
    else:
        values = np.array(message.float_data, np.float32)
    shape = (message.channels, message.height, message.width)
    if min(shape) < 1 or math.prod(shape) != values.size:
        raise DataError(
            f"{where}: is no Datum of Caffe: its shape {shape} does not fit its {values.size} "
            "numbers"
        )
    return Datum(message.label, values.reshape(shape))


def write_array(array: Array, label: int) -> bytes:
    """Return the Datum of an array (C, H, W), uint8, or else written as float32."""
    channels, height, width = array.shape
    message = message_class("Datum")(channels=channels, height=height, width=width, label=label)
    if array.dtype == np.uint8:
        message.data, message.encoded = array.tobytes(), False
    else:
        message.float_data.extend(array.astype(np.float32).reshape(-1).tolist())
    return bytes(message.SerializeToString())


def write_encoded(data: bytes, label: int) -> bytes:
    """Return the Datum of an image file's bytes."""
    message = message_class("Datum")(data=data, label=label, encoded=True)
    return bytes(message.SerializeToString())
