"""Fields of images that are read and decoded when their records are asked for, in threads."""

from __future__ import annotations

import numpy as np

from protonet.convert.files import ImageFiles
from protonet.convert.resizing import resized
from protonet.convert.source import Images
from protonet.data.decoding_threads import each
from protonet.data.image import Pixels, fit_mask, image_errors, probe
from protonet.data.layout import Array, Column, Rows
from protonet.errors import DataError

Size = tuple[int, int]
"""Width and height, in pixels."""

_REPAIR = "repair or remove it; protonet convert --on-error skip leaves such files out"
"""What can be done about an image that cannot be read."""


class ImageColumn:
    """Gathers images, all of one size.

    Args:
        name: of the field.
        images: where they come from.
        size: what each is scaled to; None: all have the size of the first.
        masks: whether they are images of class numbers.

    Attributes:
        column: what is gathered, as a column of pixels would be stored: (C, H, W), or (H, W) of
            masks.

    Raises: DataError if, without `size`, the first cannot be read.
    """

    def __init__(
        self, name: str, images: Images, size: Size | None, *, masks: bool = False
    ) -> None:
        self._images, self._size, self._masks = images, size, masks
        channels = () if masks else (1 if images.channels == "gray" else 3,)
        sides = self._loaded(0).shape[:2] if size is None else size[::-1]
        count = len(images)
        self.column = Column(name, np.dtype("u1"), (*channels, *sides), count, count)

    def gather(self, rows: Rows, out: Array) -> None:
        """Decode records `rows`, which exist, to `out`, (N, *shape).

        Raises: DataError naming the first of them that cannot be read, or has another size.
        """
        numbers = rows.tolist()
        each(len(numbers), lambda place: self._into(out, place, numbers[place]))

    def image(self, row: int) -> Array:
        """Return one image, scaled if all are, whatever its size: (C, H, W), or (H, W) of masks.

        Raises: DataError if it cannot be read.
        """
        pixels = self._loaded(row)
        if self._masks:
            return fit_mask(pixels, self._size)[..., 0]
        return np.ascontiguousarray(resized(pixels, self._size).transpose(2, 0, 1))

    def _into(self, out: Array, place: int, row: int) -> None:
        image = self.image(row)
        if image.shape != self.column.shape:
            raise DataError(
                f"{self._images.name(row)} is {_size(image.shape)} pixels, and "
                f"{self._images.name(0)} is {_size(self.column.shape)}: images of different sizes "
                "need transforms that give them one, such as Resize or RandomResizedCrop, or "
                "new_height and new_width"
            )
        out[place] = image

    def _loaded(self, row: int) -> Pixels:
        try:
            return self._images.load(row).pixels
        except DataError as error:
            raise DataError(f"{error}; {_REPAIR}") from error


class FileColumn:
    """Gathers images from files, whose bytes can be had as well: transforms that cut or scale take
    those, and what they need of them is decoded (`protonet.data.decoding`).

    Args:
        name: of the field.
        images: the files.

    Attributes:
        column: as of an `ImageColumn`, whose images all have the size of the first.
        gray: whether they are decoded to one channel.

    Raises: DataError if the first cannot be read.
    """

    def __init__(self, name: str, images: ImageFiles) -> None:
        self._files, self._pixels = images, ImageColumn(name, images, None)
        self.column, self.gray = self._pixels.column, images.gray

    def gather(self, rows: Rows, out: Array) -> None:
        """Decode files `rows`, which exist, to `out`, (N, C, H, W).

        Raises: DataError naming the first of them that cannot be read, or has another size.
        """
        self._pixels.gather(rows, out)

    def image(self, row: int) -> Array:
        """Return one image, decoded, whatever its size, (C, H, W).

        Raises: DataError if it cannot be read.
        """
        return self._pixels.image(row)

    def encoded(self, row: int) -> bytes:
        """Return the bytes of a file.

        Raises: DataError if it cannot be read.
        """
        try:
            return self._files.content(row)
        except DataError as error:
            raise DataError(f"{error}; {_REPAIR}") from error

    def view(self, row: int) -> bytes:
        """Return the same."""
        return self.encoded(row)

    def name(self, row: int) -> str:
        """Return the path of a file."""
        return self._files.name(row)

    def shape(self, data: bytes) -> tuple[int, ...]:
        """Return what the bytes of a file decode to, (C, H, W).

        Raises: DataError if they are no image's.
        """
        with image_errors(self.name(0)):
            return probe(data, gray=self.gray).shape


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[-1]}x{shape[-2]}"
