"""A field of images that are stored as JPEG or PNG: their own bytes, or encoded anew."""

from __future__ import annotations

from dataclasses import dataclass

from protonet.convert.pictures import Taken
from protonet.convert.resizing import Resize, resized
from protonet.convert.source import Images, Reject
from protonet.data.encoded_images import EncodedImages
from protonet.data.header import FieldSpec
from protonet.data.image import encode, image_errors, probe
from protonet.data.layout import IMAGE, Array, Rows
from protonet.errors import DataError

KEPT = ("JPEG", "PNG")
"""Formats whose bytes are stored as they are; of others a PNG is made."""

_KEPT_QUALITY = 95
"""Of JPEGs that cannot be kept, because a size was asked for; as OpenCV, and so Caffe, has it."""

_TYPICAL_BYTES = 1 << 15


@dataclass(frozen=True)
class Encoding:
    """How images are stored.

    Args:
        form: "JPEG" or "PNG"; "" keeps the bytes of the file, where no size is asked for.
        quality: of a JPEG, 1 to 100.
    """

    form: str = ""
    quality: int = _KEPT_QUALITY


@dataclass(frozen=True)
class EncodedPictures:
    """Images that are stored encoded, each of its own size.

    Args:
        images: the images.
        encoding: how they are stored.
        resize: what each is scaled to; None keeps its size.
    """

    images: Images
    encoding: Encoding
    resize: Resize | None

    record_bytes = _TYPICAL_BYTES

    def spec(self, name: str) -> FieldSpec:
        """Return the field; its shape is known when all images are written."""
        return FieldSpec(name=name, dtype="uint8", shape=None, kind=IMAGE)

    def take(self, rows: Rows, readable: Array) -> Taken:
        """Encode the images of these numbers, (N,), but for those that are not readable, (N,), and
        say there what cannot be read."""
        data, shapes = [b""] * len(rows), [(0, 0, 0)] * len(rows)
        taken = Taken(EncodedImages(data, shapes))
        for place, index in enumerate(rows.tolist()):
            if not readable[place]:
                continue
            try:
                data[place], shapes[place] = self._record(index, taken)
            except DataError as error:
                taken.rejects.append(Reject(self.images.name(index), str(error)))
                readable[place] = False
        return taken

    def _record(self, index: int, taken: Taken) -> tuple[bytes, tuple[int, int, int]]:
        form = self.encoding.form
        if not form and self.resize is None:
            content = self.images.content(index)
            with image_errors(self.images.name(index)):
                found = probe(content, gray=self.images.channels == "gray")
            taken.note(index, gray=found.gray, remark=found.remark)
            if found.format in KEPT:
                return content, found.shape
            form = "PNG"
        decoded = self.images.load(index)
        taken.note(index, gray=decoded.gray, remark=decoded.remark)
        pixels = resized(decoded.pixels, self.resize)
        if self.images.channels == "BGR":
            pixels = pixels[..., ::-1]  # files hold red, green, blue
        content = encode(pixels, form or "JPEG", self.encoding.quality)
        height, width, channels = pixels.shape
        return content, (channels, height, width)
