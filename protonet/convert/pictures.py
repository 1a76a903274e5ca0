"""A field of images that are decoded and scaled to one size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from protonet.convert.resizing import Resize, target
from protonet.convert.source import Images, Reject
from protonet.data.encoded_images import EncodedImages
from protonet.data.header import FieldSpec
from protonet.data.image import Pixels, fit, fit_mask
from protonet.data.layout import Array, Rows
from protonet.errors import DataError


@dataclass
class Taken:
    """Images of a batch.

    Args:
        records: (N, *shape), uint8, or encoded; what could not be read holds nothing.
        colour: whether some image has colour, though it may be stored without.
        remarks: image → what was amiss with it, though it could be read.
        rejects: images that could not be read.
    """

    records: Array | EncodedImages
    colour: bool = False
    remarks: dict[int, str] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)

    def note(self, index: int, *, gray: bool, remark: str | None) -> None:
        """Remember what an image is like."""
        self.colour |= not gray
        if remark:
            self.remarks[index] = remark


@dataclass(frozen=True)
class Pictures:
    """Images that are stored as pixels, all of one shape.

    Args:
        images: the images.
        size: what each is scaled to; None where all have one size.
        like: what messages call the image whose size the others must have.
        shape: of a record, (C, H, W), or (H, W) of a mask.
        masks: whether they are images of class numbers.
    """

    images: Images
    size: Resize | None
    like: str
    shape: tuple[int, ...]
    masks: bool = False

    @classmethod
    def of_images(cls, images: Images, size: Resize | None, rows: Rows) -> Pictures | list[Reject]:
        """Return images of this size, or that of the first of `rows` that can be read.

        Returns: why none can be read, if that is so.
        """
        if isinstance(size, tuple):
            channels = 1 if images.channels == "gray" else 3
            return cls(images, size, "", (channels, size[1], size[0]))

        def make(name: str, shape: tuple[int, ...]) -> Pictures:
            width, height = target((shape[1], shape[0]), size)
            return cls(images, size, name, (shape[2], height, width))

        return _like_first(images, rows, make)

    @classmethod
    def of_masks(cls, masks: Images, size: Resize | None, rows: Rows) -> Pictures | list[Reject]:
        """Return masks of this size, or that of the first of `rows` that can be read.

        Returns: why none can be read, if that is so.
        """
        if isinstance(size, tuple):
            return cls(masks, size, "", (size[1], size[0]), masks=True)

        def make(name: str, shape: tuple[int, ...]) -> Pictures:
            width, height = target((shape[1], shape[0]), size)
            return cls(masks, size, name, (height, width), masks=True)

        return _like_first(masks, rows, make)

    def spec(self, name: str) -> FieldSpec:
        """Return the field as it is stored under this name."""
        return FieldSpec(name=name, dtype="uint8", shape=self.shape)

    def take(self, rows: Rows, readable: Array) -> Taken:
        """Decode the images of these numbers, (N,), but for those that are not readable, (N,), and
        say there what cannot be.

        Raises: DataError if an image has another size than the others.
        """
        pixels = np.empty((len(rows), *self.shape), np.uint8)
        taken = Taken(pixels)
        for place, index in enumerate(rows.tolist()):
            if not readable[place]:
                continue
            try:
                decoded = self.images.load(index)
            except DataError as error:
                taken.rejects.append(Reject(self.images.name(index), str(error)))
                readable[place] = False
                continue
            self._fill(pixels[place], decoded.pixels, index)
            taken.note(index, gray=decoded.gray, remark=decoded.remark)
        return taken

    def _fill(self, record: Pixels, pixels: Pixels, index: int) -> None:
        """Scale pixels (H', W', C) to where their record is made."""
        height, width, channels = pixels.shape
        size = target((width, height), self.size)
        shape = size[::-1] if self.masks else (channels, *size[::-1])
        if shape != self.shape:
            raise two_sizes(self.like, self.shape, self.images.name(index), shape)
        if self.masks:
            record[:] = fit_mask(pixels, size)[..., 0]  # (H, W)
        else:
            record[:] = fit(pixels, size).transpose(2, 0, 1)


def two_sizes(
    first: str, shape: tuple[int, ...], other: str, other_shape: tuple[int, ...]
) -> DataError:
    """Return the error for two images whose sizes differ."""
    return DataError(
        f"{first} is {_size(shape)} pixels and {other} is {_size(other_shape)}: the images of a "
        "dataset have one size; add --resize WxH, for instance --resize 224x224, or keep each as "
        "it is with --encoded"
    )


def _like_first(
    images: Images, rows: Rows, make: Callable[[str, tuple[int, ...]], Pictures]
) -> Pictures | list[Reject]:
    unreadable = []
    for index in rows.tolist():
        try:
            return make(images.name(index), images.load(index).pixels.shape)
        except DataError as error:
            unreadable.append(Reject(images.name(index), str(error)))
    return unreadable


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[-1]}x{shape[-2]}"
