"""Parts of a JPEG: the rows that are wanted, at full size or at an eighth, a quarter or a half.

What lies below a window is not decoded. Of a JPEG whose data come in one scan, from the top to the
bottom, the number of rows in the header is lowered to what is needed; its decoder then stops there,
and says that bytes are left over. Every row above comes out as from the whole image, bit for bit.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Literal

import numpy as np
import simplejpeg
from PIL import Image

from protonet.data.image import TURNED, Pixels, upright

Colours = Literal["RGB", "BGR", "GRAY"]
FileBytes = bytes | memoryview
"""A file's bytes, or where they lie: one-dimensional, read-only."""

Box = tuple[int, int, int, int]
"""Top, left, height and width in pixels."""

EIGHTHS = (1, 2, 4)
"""Of its size, at which a JPEG is decoded faster than whole; libjpeg's other sizes are no gain."""
WHOLE = 8

_SEGMENT = struct.Struct(">BBH")
"""Two bytes that mark it, and its length, that of these two included."""
_START, _MARK = b"\xff\xd8", 0xFF
_FIRST, _LAST = 0xC0, 0xFE
_RESTART, _SCAN, _RESTARTS, _EXIF = 0xD0, 0xDA, 0xDD, 0xE1
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEQUENTIAL = (0xC0, 0xC1)
_BITS, _BLOCK = 8, 8
_EXIF_NAME, _XMP_ORIENTATION = b"Exif\0\0", b"tiff:Orientation"
_ORIENTATION, _SHORT, _TURNS = 0x0112, 3, 8
_LEFT_OVER = re.compile(r"Corrupt JPEG data: \d+ extraneous bytes before marker 0xd9")
"""What libjpeg says of what stands between the last row and the end."""


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """What a JPEG says before its data.

    Attributes:
        rows, columns: of the picture as it is stored, in pixels.
        orientation: how it is turned to stand upright, 1 to 8 as EXIF counts.
        lines_at: place of the two bytes that hold `rows`, where fewer can be asked for; else None.
        step: rows that are decoded together.
    """

    rows: int
    columns: int
    orientation: int
    lines_at: int | None
    step: int

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture upright, in pixels."""
        return (
            (self.columns, self.rows) if self.orientation in TURNED else (self.rows, self.columns)
        )


def read_jpeg_header(data: FileBytes) -> JpegHeader | None:
    """Return what a JPEG says; None of what is none, and of what needs the care of `decode`: other
    colour models, other depths, too many pixels, tags that are written in an unusual way."""
    if data[: len(_START)] != _START:
        return None
    try:
        return _read(data)
    except (IndexError, struct.error):  # it ends before its data
        return None


def decode_window(
    data: FileBytes, header: JpegHeader, box: Box, colours: Colours, eighths: int = WHOLE
) -> Pixels | None:
    """Decode the part of a JPEG that a window needs.

    Args:
        data: its bytes.
        header: of these bytes.
        box: the window in the upright picture, in pixels.
        colours: order of the channels.
        eighths: of its size at which the picture is decoded, 1, 2, 4 or 8; in the smaller picture
            the window's edges are those nearest.

    Returns: the window upright, (height, width, C), C-contiguous; None where the data are damaged.
    """
    top, left, height, width = _stored(box, header)
    lines = header.rows
    if header.lines_at is not None:
        below = header.step if header.step > _BLOCK else 0  # smoothes the colours of the last row
        lines = min(lines, -(-(top + height) // header.step) * header.step + below)
    pixels = _decoded(data, header, lines, colours, eighths)
    if pixels is None:
        return None
    rows, columns = _scaled(top, height, eighths), _scaled(left, width, eighths)
    return upright(pixels[rows, columns], header.orientation)


def _read(data: FileBytes) -> JpegHeader | None:
    at, orientation = len(_START), None
    frame = restarts = 0
    while True:
        mark, marker, length = _SEGMENT.unpack_from(data, at)
        if marker == _SCAN:
            break
        if mark != _MARK or not _FIRST <= marker <= _LAST or _RESTART <= marker < _SCAN:
            return None
        if marker in _FRAMES:
            frame = at
        elif marker == _EXIF and orientation is None:
            orientation = _orientation(bytes(data[at + 4 : at + 2 + length]))
            if orientation == 0:
                return None
        restarts |= marker == _RESTARTS
        at += 2 + length
    rows, columns, components = struct.unpack_from(">HHB", data, frame + 5)
    unusual = data[frame + 4] != _BITS or components not in (1, 3)
    if not frame or unusual or not 0 < rows * columns <= (Image.MAX_IMAGE_PIXELS or 0):
        return None
    at_once = data[frame + 1] in _SEQUENTIAL and data[at + 4] == components and not restarts
    tallest = max(data[frame + 11 + 3 * number] & 15 for number in range(components))
    lines_at = frame + 5 if at_once else None
    return JpegHeader(rows, columns, orientation or 1, lines_at, _BLOCK * tallest)


def _orientation(segment: bytes) -> int | None:
    """Return the orientation that a segment of tags holds: None where it is another segment, 0
    where it is written in a way that is not read here."""
    if not segment.startswith(_EXIF_NAME):
        return 0 if _XMP_ORIENTATION in segment else None
    tags = segment[len(_EXIF_NAME) :]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tags[:4])
    if order is None:
        return 0
    try:
        (first,) = struct.unpack_from(f"{order}I", tags, 4)
        (count,) = struct.unpack_from(f"{order}H", tags, first)
        for number in range(count):
            entry = struct.unpack_from(f"{order}HHIHH", tags, first + 2 + 12 * number)
            if entry[0] == _ORIENTATION:
                plain = entry[1:3] == (_SHORT, 1) and 1 <= entry[3] <= _TURNS
                return entry[3] if plain else 0
    except struct.error:
        return 0
    return 0 if _XMP_ORIENTATION in segment else None


def _stored(box: Box, header: JpegHeader) -> Box:
    """Return where a window of the upright picture lies in the stored one."""
    top, left, height, width = box
    rows, columns = header.size
    if header.orientation in (3, 4, 7, 8):
        top = rows - top - height
    if header.orientation in (2, 3, 6, 7):
        left = columns - left - width
    if header.orientation in TURNED:
        return left, top, width, height
    return top, left, height, width


def _decoded(
    data: FileBytes, header: JpegHeader, lines: int, colours: Colours, eighths: int
) -> Pixels | None:
    """Return the first rows of a picture, at least (lines, columns) at its scale."""
    given: FileBytes | bytearray = data
    if lines < header.rows and header.lines_at is not None:
        given = bytearray(data)
        struct.pack_into(">H", given, header.lines_at, lines)
    rows, columns = (-(-side * eighths // WHOLE) for side in (lines, header.columns))
    pixels = np.empty((rows, columns, 1 if colours == "GRAY" else 3), np.uint8)
    smaller = {} if eighths == WHOLE else {"min_height": rows, "min_width": columns}
    try:
        simplejpeg.decode_jpeg(given, colours, buffer=pixels, **smaller)
    except ValueError as error:
        if given is data or not _LEFT_OVER.fullmatch(str(error)):
            return None
    return pixels


def _scaled(start: int, length: int, eighths: int) -> slice:
    """Return the pixels of a smaller picture that a window's rows, or columns, became; at least
    one."""
    half = WHOLE // 2
    first = (start * eighths + half) // WHOLE
    return slice(first, max(first + 1, ((start + length) * eighths + half) // WHOLE))
