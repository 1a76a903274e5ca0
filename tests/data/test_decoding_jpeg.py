from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from protonet.data.decoding_jpeg import (
    EIGHTHS,
    WHOLE,
    Box,
    Colours,
    JpegHeader,
    decode_window,
    read_jpeg_header,
)
from protonet.data.image import Pixels, decode, encode
from tests.data.jpegs import KINDS, jpeg
from tests.transforms.photos import photos

BOXES: list[Box] = [(0, 0, 61, 75), (3, 5, 7, 9), (40, 0, 21, 75), (0, 74, 1, 1), (17, 30, 24, 24)]


def window_of(data: bytes, box: Box, colours: Colours = "RGB", eighths: int = WHOLE) -> Pixels:
    window = decode_window(data, header_of(data), box, colours, eighths)
    assert window is not None
    return window


def header_of(data: bytes) -> JpegHeader:
    header = read_jpeg_header(data)
    assert header is not None
    return header


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("box", BOXES)
def test_a_window_has_the_pixels_of_the_whole_image(kind: str, box: Box) -> None:
    data = jpeg(61, 75, **KINDS[kind])
    header = header_of(data)
    whole = decode(data, gray=False).pixels
    top, left, height, width = box
    expected = whole[top : top + height, left : left + width]

    assert header.size == (61, 75)
    assert np.array_equal(window_of(data, box), expected)
    assert np.array_equal(window_of(data, box, "BGR"), expected[..., ::-1])
    luma = decode(data, gray=True).pixels[top : top + height, left : left + width]
    assert np.array_equal(window_of(data, box, "GRAY"), luma)


def test_only_what_comes_in_one_scan_from_top_to_bottom_is_cut_short() -> None:
    cut = {kind: header_of(jpeg(61, 75, **keys)).lines_at for kind, keys in KINDS.items()}

    assert {kind for kind, at in cut.items() if at is None} == {"progressive", "restarts"}
    data = jpeg(61, 75)
    at = header_of(data).lines_at
    assert at is not None
    assert struct.unpack_from(">HH", data, at) == (61, 75)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_windows_of_pictures_that_lie_on_their_side(orientation: int) -> None:
    data = jpeg(61, 75, orientation=orientation)
    header = header_of(data)
    whole = decode(data, gray=False).pixels

    assert header.orientation == orientation
    assert header.size == whole.shape[:2]
    box = (11, 23, 30, 20)
    assert np.array_equal(window_of(data, box), whole[11:41, 23:43])


@pytest.mark.parametrize("eighths", EIGHTHS)
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_smaller_image_is_the_mean_of_its_pixels(eighths: int, orientation: int) -> None:
    """libjpeg's smaller sizes leave out the high frequencies of each block; of a smooth picture
    that is the mean of 8 / eighths squared pixels, but for what JPEG itself has changed."""
    data = jpeg(64, 96, orientation=orientation, subsampling=0)
    factor = 8 // eighths
    whole = decode(data, gray=False).pixels[8:56, 16:48].astype(float)
    means = whole.reshape(48 // factor, factor, 32 // factor, factor, 3).mean((1, 3))

    small = window_of(data, (8, 16, 48, 32), "RGB", eighths)

    assert small.shape == means.shape
    assert np.abs(small - means).mean() < 1.5
    assert np.abs(small - means).max() < 8


def test_edges_of_a_smaller_image_are_the_nearest_ones() -> None:
    """At an eighth, rows 12 to 51 are 1.5 to 6.375: 2 to 6. One pixel is left of what has none."""
    data = jpeg(61, 75)

    small = window_of(data, (12, 0, 39, 75), "RGB", 1)
    none = window_of(data, (0, 0, 3, 2), "RGB", 1)

    assert (small.shape, none.shape) == ((4, 9, 3), (1, 1, 3))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        encode(photos(1)[0].transpose(1, 2, 0), "PNG"),
        jpeg(61, 75)[:100],
        jpeg(61, 75).replace(b"\xff\xdb", b"\x00\xdb"),
    ],
)
def test_what_is_no_jpeg_is_left_to_others(data: bytes) -> None:
    assert read_jpeg_header(data) is None


def test_unusual_jpegs_are_left_to_others() -> None:
    data = jpeg(61, 75)
    at = header_of(data).lines_at
    assert at is not None
    without_rows = data[:at] + b"\0\0" + data[at + 2 :]
    huge = data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :]
    deeper = data[: at - 1] + b"\x0c" + data[at:]
    four = data[: at + 4] + b"\x04" + data[at + 5 :]
    strange = jpeg(61, 75, orientation=6).replace(b"\x01\x12\0\3", b"\x01\x12\0\4")
    by_xmp = jpeg(61, 75, xmp=b'<x tiff:Orientation="6"/>')

    for one in (without_rows, huge, deeper, four, strange, by_xmp):
        assert read_jpeg_header(one) is None


def test_a_marker_where_none_can_be_is_found_in_the_window_and_below() -> None:
    data = bytearray(jpeg(160, 200))
    middle = len(data) // 2
    data[middle : middle + 2] = b"\xff\xc4"
    header = header_of(bytes(data))

    assert decode_window(bytes(data), header, (0, 0, 160, 200), "RGB") is None
    assert decode_window(bytes(data), header, (0, 0, 16, 200), "RGB") is None


def test_what_lies_below_the_window_does_not_change_it() -> None:
    data = jpeg(160, 200)
    other = data[:-200] + bytes(200 - 2) + data[-2:]
    window = window_of(other, (0, 0, 48, 200))

    assert np.array_equal(window, decode(data, gray=False).pixels[:48])


def test_an_end_that_is_missing_is_found() -> None:
    data = jpeg(160, 200)[:-400]

    assert decode_window(data, header_of(data), (0, 0, 16, 200), "RGB") is None


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of damaged tags
def test_odd_photos_are_read_as_they_are_whole(reference: Path) -> None:
    """Every picture of another program's tests: its window is that of the whole, or left to it."""
    read = 0
    for file in sorted((reference / "data" / "photos_odd").rglob("*")):
        data = file.read_bytes() if file.is_file() else b""
        header = read_jpeg_header(data)
        if header is None:
            continue
        height, width = header.size
        box = (height // 4, width // 3, max(1, height // 2), max(1, width // 2))
        window = decode_window(data, header, box, "RGB")
        if window is not None:
            whole = decode(data, gray=False).pixels
            top, left, height, width = box
            assert np.array_equal(window, whole[top : top + height, left : left + width]), file
            read += 1
    assert read > 10
