"""One image file's bytes → pixels, by rules that do not depend on the machine.

Pixels are uint8, (H, W, C), C = 3 in the order red, green, blue, or C = 1.
* Orientation: as the EXIF tag says, so that the picture stands upright.
* Transparency: laid over white.
* Palettes, CMYK and other colour models: turned into RGB by Pillow, without colour profiles.
* 16 bits a channel: the high byte is kept (in a colour PPM, Pillow rounds). 32-bit and
  floating-point pixels are refused.
* Grey images in a colour set: three equal channels.
* Colour images in a grey set: the Rec. 601 luma; of a JPEG its own Y, which is that (and what
  Caffe reads).
* Several frames or pages: the first.
* Resizing: bilinear with the support widened when shrinking, so nothing aliases, as Resize does it
  (`protonet.windows.resampled`). The whole picture is scaled to the size asked for; its aspect is
  not kept.
* Masks, images of class numbers: a palette's indices, or grey values, of at most 8 bits; as the
  EXIF tag says, but never laid over white, and resized by taking the nearest pixel.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import Image, UnidentifiedImageError

from protonet.errors import DataError
from protonet.windows.resampled import resampled

Pixels = npt.NDArray[np.uint8]

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
"""Pillow's names of the formats read; some of the others run programs to decode."""

_ORIENTATION_TAG = 0x0112
_JPEG = ("JPEG", "MPO")  # MPO: several JPEGs in one file, the first is the picture
TURNED = (5, 6, 7, 8)
"""Orientations of pictures that lie on their side."""
_END = {"JPEG": b"\xff\xd9", "PNG": b"IEND"}
_END_BYTES = 64
_MARKER, _SCAN, _TAGS = 0xFF, 0xDA, 0xE1
_GRAY_MODES = ("1", "L", "LA", "I;16", "I;16L", "I;16B", "I;16N")


@dataclass(frozen=True)
class Decoded:
    """An image as it will be stored.

    Args:
        pixels: (H, W, C), uint8.
        gray: whether the file itself holds no colour.
        remark: what was amiss with the file, though it could be read.
    """

    pixels: Pixels
    gray: bool
    remark: str | None = None


def decode(data: bytes, *, gray: bool) -> Decoded:
    """Decode the bytes of an image file to pixels, (H, W, 1) where `gray`, else (H, W, 3).

    Args:
        data: the bytes.
        gray: decode to one channel.

    Raises: whatever Pillow raises for a file it cannot read; `image_errors` turns it into ours.
    """
    known = _plain_jpeg(data)
    if known is not None:
        with suppress(ValueError):  # it is damaged: perhaps Pillow can read it
            return Decoded(_decoded(data, gray), known.gray)
    with Image.open(BytesIO(data), formats=FORMATS) as image:
        is_gray = image.mode in _GRAY_MODES
        if image.format in _JPEG and image.mode in ("L", "RGB"):
            turn = _orientation(image)  # before the pixels: Pillow then need not decode them
            pixels, remark = _decode_jpeg(data, image, gray)
        else:
            image.load()
            turn = _orientation(image)
            pixels, remark = _flatten(image, gray), None
        return Decoded(upright(pixels, turn), is_gray, remark)


@dataclass(frozen=True)
class Probed:
    """What the beginning of an image file says.

    Args:
        format: Pillow's name of its format.
        shape: what it decodes to, (C, H, W).
        gray: whether the file itself holds no colour.
        remark: what is amiss with it, though it can be read.
    """

    format: str
    shape: tuple[int, int, int]
    gray: bool
    remark: str | None = None


def probe(data: bytes, *, gray: bool) -> Probed:
    """Return what an image file decodes to, without decoding it where its end is there.

    Raises: whatever `decode` raises.
    """
    known = _plain_jpeg(data)
    if known is not None and _END["JPEG"] in data[-_END_BYTES:]:
        return known if not gray else replace(known, shape=(1, *known.shape[1:]))
    with Image.open(BytesIO(data), formats=FORMATS) as image:
        form, is_gray = image.format or "", image.mode in _GRAY_MODES
        turned = _orientation(image) in TURNED
        width, height = image.size[::-1] if turned else image.size
    remark = None
    if _END.get(form, b"") not in data[-_END_BYTES:] or form not in _END:
        remark = decode(data, gray=gray).remark
    return Probed(form, (1 if gray else 3, height, width), is_gray, remark)


def encode(pixels: Pixels, form: str, quality: int = 0) -> bytes:
    """Return pixels (H, W, C) as the bytes of a JPEG or a PNG.

    Args:
        pixels: C = 1 or 3.
        form: "JPEG" or "PNG".
        quality: of a JPEG, 1 to 100.
    """
    image = Image.fromarray(
        np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    )
    stream = BytesIO()
    if form == "JPEG":
        image.save(stream, form, quality=quality)
    else:
        image.save(stream, form)
    return stream.getvalue()


def decode_mask(data: bytes) -> Decoded:
    """Decode the bytes of an image file to class numbers, (H, W, 1), uint8.

    Raises: ValueError if its pixels are no numbers of one byte, and whatever Pillow raises.
    """
    with Image.open(BytesIO(data), formats=FORMATS) as image:
        if image.format in _JPEG:
            raise ValueError("it is a JPEG, which changes numbers a little; a mask is a PNG")
        if image.mode not in ("1", "L", "P"):
            raise ValueError(
                f"its pixels are {image.mode}, and a mask holds the number of a class for each, "
                "grey or from a palette, of 8 bits"
            )
        image.load()
        return Decoded(upright(_with_channels(image).astype(np.uint8), _orientation(image)), True)


def fit_mask(pixels: Pixels, size: tuple[int, int] | None) -> Pixels:
    """Scale class numbers (H', W', 1) to `size` = (W, H) by the nearest pixel: (H, W, 1)."""
    if size is None or size == (pixels.shape[1], pixels.shape[0]):
        return pixels
    image = Image.fromarray(pixels[..., 0])
    return _with_channels(image.resize(size, Image.Resampling.NEAREST))


def fit(pixels: Pixels, size: tuple[int, int] | None) -> Pixels:
    """Scale pixels (H', W', C) to `size` = (W, H): (H, W, C); as they are where it is None."""
    return pixels if size is None else resampled(pixels, size[::-1])


def _plain_jpeg(data: bytes) -> Probed | None:
    """Return what a JPEG says that is one picture, stands upright, and is not damaged before its
    data; None of anything else. It takes a tenth of the time that Pillow needs to open it."""
    try:
        place = 2
        while data[place] == _MARKER and data[place + 1] != _SCAN:
            if data[place + 1] == _TAGS or data[place + 4 : place + 7] == b"MPF":
                return None
            place += 2 + (data[place + 2] << 8) + data[place + 3]
        if data[:2] != b"\xff\xd8" or data[place] != _MARKER:
            return None
    except IndexError:  # it ends before its data begin
        return None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError:
        return None
    if colours not in ("Gray", "YCbCr") or height * width > (Image.MAX_IMAGE_PIXELS or 0):
        return None
    return Probed("JPEG", (3, height, width), colours == "Gray")


def _decoded(data: bytes, gray: bool) -> Pixels:
    pixels: Pixels = simplejpeg.decode_jpeg(data, "GRAY" if gray else "RGB")
    return pixels


def _decode_jpeg(data: bytes, image: Image.Image, gray: bool) -> tuple[Pixels, str | None]:
    try:
        return _decoded(data, gray), None
    except ValueError as error:  # what libjpeg can mend is refused; Pillow refuses what is lost
        if gray:
            image.draft("L", None)
        return _with_channels(image.convert("L" if gray else "RGB")), str(error)


def _flatten(image: Image.Image, gray: bool) -> Pixels:
    """Reduce any Pillow mode to RGB or luma, (H, W, C)."""
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        flat = _high_byte(image)
    elif image.mode in ("I", "F"):
        raise ValueError("its pixels have 32 bits; 8 or 16 are read")
    elif image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        flat = Image.alpha_composite(white, image.convert("RGBA"))
    else:
        flat = image
    colour = flat if flat.mode in ("1", "L") else flat.convert("RGB")
    return _with_channels(colour.convert("L" if gray else "RGB"))


def _high_byte(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.uint16)
    high = (values >> 8).astype(np.uint8)
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        high[values == transparent] = 255
    return Image.fromarray(high)


def _with_channels(image: Image.Image) -> Pixels:
    pixels = np.asarray(image)
    return pixels if pixels.ndim == 3 else pixels[..., np.newaxis]


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except (SyntaxError, ValueError, OSError, KeyError, TypeError, struct.error):
        return 1  # the tag cannot be read, the picture can
    return value if isinstance(value, int) else 1


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn pixels (H, W, C) the way EXIF orientation 2 to 8 says; others change nothing.

    Returns: C-contiguous.
    """
    if orientation in TURNED:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


@contextmanager
def image_errors(name: str) -> Iterator[None]:
    """Turn what the system, Pillow and simplejpeg raise for a bad file into a DataError."""
    try:
        yield
    except UnidentifiedImageError as error:
        raise unreadable_image(
            name, f"it is none of {', '.join(FORMATS)}, or damaged at its beginning"
        ) from error
    except OSError as error:
        raise unreadable_image(name, error.strerror or str(error)) from error
    except (
        Image.DecompressionBombError,
        SyntaxError,  # Pillow's word for a broken PNG
        ValueError,
        EOFError,
        struct.error,
        zlib.error,
    ) as error:
        raise unreadable_image(name, str(error).rstrip(".") or type(error).__name__) from error


def unreadable_image(name: str, why: str) -> DataError:
    """Return the error for an image that cannot be read."""
    return DataError(f"{name}: cannot be read as an image: {why}")
