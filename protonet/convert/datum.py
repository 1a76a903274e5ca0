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
from protonet.records import ChannelOrder

_PIXEL_TAGS = (b"\x08", b"\x10", b"\x18", b"\x22")
"""Fields 1 to 4: channels, height, width, and the bytes of the pixels."""
_COLOURS = 3
_LONGEST = 10
"""Bytes of a number on the wire."""


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
    message = _message(content, where)
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


def read_label(content: bytes, where: str) -> int:
    """Read the label of a Datum, or of what follows its pixels: the rest of a message is one too.

    Raises: DataError if the bytes are none.
    """
    return int(_message(content, where).label)


def pixel_place(content: bytes) -> tuple[int, int] | None:
    """Return where the pixels of a Datum begin in its bytes, and how many bytes they are; None
    where they do not follow on its channels, height and width, as Caffe writes them."""
    place = 0
    for wanted in _PIXEL_TAGS:
        if content[place : place + 1] != wanted:
            return None
        number, place = _varint(content, place + 1)
    return (place, number) if place + number <= len(content) else None


def _message(content: bytes, where: str) -> Any:
    message = message_class("Datum")()
    try:
        message.ParseFromString(content)
    except Exception as error:  # protobuf's DecodeError, which only it can name
        raise DataError(f"{where}: is no Datum of Caffe: its bytes are no message") from error
    return message


def _varint(content: bytes, place: int) -> tuple[int, int]:
    """Return a number of the wire, and where it ends."""
    value = shift = 0
    for end in range(place, min(place + _LONGEST, len(content))):
        value |= (content[end] & 0x7F) << shift
        shift += 7
        if content[end] < 0x80:
            return value, end + 1
    return len(content), len(content)


def is_turned(channels: ChannelOrder | None, shape: tuple[int, ...]) -> bool:
    """Tell whether Datums hold images (C, H, W) with their channels in the opposite order: Caffe's
    colours are blue, green, red."""
    return channels == "RGB" and shape[:1] == (_COLOURS,)


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
