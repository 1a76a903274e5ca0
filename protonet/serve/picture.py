"""From the bytes of a picture to a sample of the net, as `protonet predict` makes it of a file."""

from __future__ import annotations

import time
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from protonet.data.image import FORMATS, decode, image_errors
from protonet.errors import DataError
from protonet.predict.preparation import Preparation, Prepared
from protonet.serve.refused import Refused


@dataclass(frozen=True, slots=True)
class Read:
    """A picture that was read.

    Attributes:
        sample: what goes into the net, one picture.
        remark: what was amiss with it, though it could be read; empty where nothing was.
        seconds: that decoding and preparing took.
    """

    sample: Prepared
    remark: str
    seconds: float


@dataclass(frozen=True, slots=True)
class PictureReader:
    """Reads pictures, in any thread.

    Args:
        preparation: how the net's test prepared samples.
        max_pixels: of one picture.
    """

    preparation: Preparation
    max_pixels: int

    def read(self, data: bytes, name: str, position: int) -> Read:
        """Decode and prepare one picture.

        Args:
            data: the bytes of its file.
            name: what it is called, for messages.
            position: its number in the request; what a test chooses by chance follows from it.

        Raises: Refused with 400 if it is no picture, or none that the net takes; with 413 if it has
            more pixels than are taken.
        """
        began = time.perf_counter()
        try:
            self._check_size(data, name)
            with image_errors(name):
                decoded = decode(data, gray=self.preparation.channels == 1)
            sample = self.preparation.sample(decoded, name)
            self.preparation.check(sample.shape, name)
        except DataError as error:
            raise Refused(400, str(error)) from error
        images = np.stack([sample])  # a copy: torch takes none that cannot be written
        prepared = self.preparation.prepared(images, np.array([position], np.int64))
        return Read(prepared, decoded.remark or "", time.perf_counter() - began)

    def _check_size(self, data: bytes, name: str) -> None:
        """Refuse a picture that would take much memory, by what its beginning says."""
        try:
            with image_errors(name):
                if not data:
                    raise ValueError("it is empty")
                with Image.open(BytesIO(data), formats=FORMATS) as image:
                    width, height = image.size
        except DataError as error:
            if isinstance(error.__cause__, Image.DecompressionBombError):
                raise self._too_many(f"{name}: there are far too many pixels") from error
            raise
        if width * height > self.max_pixels:
            raise self._too_many(f"{name}: {width}x{height} is {width * height:,} pixels")

    def _too_many(self, found: str) -> Refused:
        return Refused(413, f"{found}, and a picture may have {self.max_pixels:,}; scale it down")
