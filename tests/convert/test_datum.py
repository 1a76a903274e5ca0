from __future__ import annotations

import numpy as np
import pytest

from protonet.convert.datum import (
    is_turned,
    pixel_place,
    read_datum,
    read_label,
    write_array,
    write_encoded,
)
from protonet.errors import DataError

PIXELS = np.arange(6, dtype=np.uint8).reshape(3, 1, 2)

# fields 1 to 3 the sides, 4 the six bytes, 5 the label 300 = 0b10 0101100, 7 not encoded
BYTES = bytes.fromhex("08 03 10 01 18 02 22 06 00 01 02 03 04 05 28 ac 02 38 00")


def test_the_bytes_of_pixels_are_those_of_caffe() -> None:
    assert write_array(PIXELS, 300) == BYTES
    found = read_datum(BYTES, "a")
    assert found.array is not None
    assert (found.label, found.array.tolist()) == (300, PIXELS.tolist())


def test_the_bytes_of_a_file_are_kept() -> None:
    # field 4 the bytes, 5 the label −1 in ten bytes, 7 encoded
    expected = bytes.fromhex("22 02 ff d8 28 ff ff ff ff ff ff ff ff ff 01 38 01")
    assert write_encoded(b"\xff\xd8", -1) == expected
    found = read_datum(expected, "a")
    assert (found.label, found.encoded, found.array) == (-1, b"\xff\xd8", None)


def test_other_numbers_are_floats() -> None:
    found = read_datum(write_array(np.array([[[0.5]], [[-2.0]]]), 1), "a")
    assert found.array is not None
    assert (found.array.dtype.name, found.array.tolist()) == ("float32", [[[0.5]], [[-2.0]]])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff", "its bytes are no message"),
        (b"", "its shape (0, 0, 0) does not fit its 0 numbers"),
        (BYTES.replace(b"\x08\x03", b"\x08\x04"), "its shape (4, 1, 2) does not fit its 6 numbers"),
    ],
)
def test_what_is_none_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(DataError) as caught:
        read_datum(content, "a.lmdb, record 7")
    assert str(caught.value) == f"a.lmdb, record 7: is no Datum of Caffe: {why}"


def test_a_label_is_read_without_the_pixels() -> None:
    assert read_label(BYTES, "a") == read_label(BYTES[14:], "a") == 300
    with pytest.raises(DataError) as caught:
        read_label(b"\xff", "a.lmdb, record 7")
    why = "is no Datum of Caffe: its bytes are no message"
    assert str(caught.value) == f"a.lmdb, record 7: {why}"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (BYTES, (8, 6)),
        (write_array(np.zeros((3, 20, 30), np.uint8), 1), (9, 1800)),  # of two bytes: 1800
        (BYTES[:10], None),  # cut short
        (BYTES[2:], None),  # no channels
        (write_array(np.zeros((1, 1, 1), np.float32), 1), None),
        (write_encoded(b"x", 1), None),
        (b"\x08\xff", None),
        (b"", None),
    ],
)
def test_pixels_lie_behind_the_sides(content: bytes, place: tuple[int, int] | None) -> None:
    assert pixel_place(content) == place


def test_the_channels_of_colours_alone_are_turned() -> None:
    assert is_turned("RGB", (3, 4, 5))
    assert not is_turned("RGB", (1, 4, 5))
    assert not is_turned("BGR", (3, 4, 5))
    assert not is_turned("gray", (1, 4, 5))
    assert not is_turned(None, (3,))
