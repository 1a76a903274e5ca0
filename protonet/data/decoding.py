"""Encoded images, decoded straight into a batch: cut, scaled and turned one by one, by threads.

A `Decoding` is what to do; `decode(images, …)` does it to any `Encoded`: a field of a dataset, or
files. What is cut away of a JPEG is not decoded where that can be, and what is scaled down may be
decoded smaller (`protonet.data.decoding_jpeg`); everything else is decoded whole. The numbers that
transforms draw are those that they draw of images stored as pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np

from protonet.data.decoding_jpeg import (
    EIGHTHS,
    WHOLE,
    Colours,
    FileBytes,
    decode_window,
    read_jpeg_header,
)
from protonet.data.decoding_threads import each
from protonet.data.image import Pixels, decode, image_errors
from protonet.data.layout import Array, Rows
from protonet.errors import DataError, ShapeError
from protonet.windows.plain import Windows, copy_turned
from protonet.windows.scaled import Box, ScaledWindows
from protonet.windows.sizing import Sizing


@runtime_checkable
class Encoded(Protocol):
    """Images by number, as they are encoded."""

    @property
    def gray(self) -> bool:
        """Whether they are decoded to one channel, in place of red, green and blue."""
        ...

    def view(self, row: int) -> FileBytes:
        """Return the bytes of an image's file, which may be copied or not; called by several
        threads at a time.

        Raises: DataError if they cannot be had.
        """
        ...

    def name(self, row: int) -> str:
        """Return what messages call an image."""
        ...


@dataclass(frozen=True, slots=True)
class Decoding:
    """How encoded images become samples of one shape.

    Attributes:
        sizing: the transforms that make them alike.
        channels_reversed: whether they take blue, green, red.
        threads: that decode; None: as many as this process may use cores.
    """

    sizing: Sizing
    channels_reversed: bool = False
    threads: int | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a sample, (C, height, width)."""
        return self.sizing.shape

    def exact(self) -> Decoding:
        """Return the same with every image decoded at its own size, so that no edge of a window is
        moved to the nearest pixel of a smaller one."""
        scaled = self.sizing.scaled
        if scaled is None:
            return self
        return replace(self, sizing=replace(self.sizing, scaled=replace(scaled, reduced=False)))

    def decode(self, images: Encoded, rows: Rows, positions: Rows, out: Array) -> None:
        """Decode some images into a batch.

        Args:
            images: where they are.
            rows: their numbers, (N,).
            positions: where each stands in the run, (N,); what transforms draw follows from it.
            out: (N, *shape) bytes, each image C-contiguous, or so when its channels lie last, which
                is faster by a tenth. Every byte is written.

        Raises: DataError for an image that is damaged, or of a size that a transform cannot take.
        """
        numbers = rows.tolist()
        if self.sizing.scaled is None:
            each(
                len(numbers),
                lambda k: self._alone(images, numbers[k], positions[k : k + 1], out[k]),
                self.threads,
            )
            return
        windows = self.sizing.windows(positions) if self.sizing.windows else None
        task = _Task(self, images, self.sizing.scaled, positions, windows)
        each(len(numbers), lambda k: task.run(k, numbers[k], out[k]), self.threads)

    def pixels(self, images: Encoded, row: int, data: FileBytes) -> Pixels:
        """Return an image whole, (H, W, C), its channels as the transforms take them."""
        with image_errors(images.name(row)):
            pixels = decode(bytes(data), gray=images.gray).pixels
        return pixels[..., ::-1] if self.channels_reversed else pixels

    def _alone(self, images: Encoded, row: int, position: Rows, out: Array) -> None:
        """Decode one image whole, and do to it what makes it like the others."""
        pixels = self.pixels(images, row, images.view(row))
        image = np.array(pixels.transpose(2, 0, 1)[None], order="C")  # (1, C, H, W)
        try:
            host = self.sizing.host(image.shape[1:])
        except ShapeError as error:
            raise DataError(f"{images.name(row)}: {error.why}") from error
        out[...] = host(image, position)[0]


class _Task:
    """A batch whose images are scaled as they are decoded.

    Args:
        decoding: how.
        images: where they are.
        scaled: which window of each, and how it is scaled.
        positions: of the images, (N,).
        windows: what is taken of the scaled ones; None: all of them.
    """

    def __init__(
        self,
        decoding: Decoding,
        images: Encoded,
        scaled: ScaledWindows,
        positions: Rows,
        windows: Windows | None,
    ) -> None:
        self._decoding, self._images, self._scaled = decoding, images, scaled
        self._box = scaled.draw(positions)
        self._windows = windows
        self._turned = [False] * len(positions)
        if windows is not None and (windows.height, windows.width) == scaled.size:
            self._windows, self._turned = None, windows.mirrored.tolist()

    def run(self, number: int, row: int, out: Array) -> None:
        """Decode an image to `out`, (C, height, width).

        Where it is only to be turned left to right, its channels are decoded in the opposite order,
        and then all bytes of each row copied backwards.

        Args:
            number: of the image in the batch.
            row: of the image among all.
            out: a part of the batch.
        """
        turned = self._turned[number]
        data = self._images.view(row)
        cut = self._cut(number, data, turned)
        if cut is None:
            cut = self._cut_whole(number, row, data, turned)
        pixels = self._scaled.scale(cut)
        places = out.transpose(1, 2, 0)  # (height, width, C)
        if self._windows is not None:
            places[...] = _part(pixels, self._windows, number)
        elif not turned:
            places[...] = pixels
        elif places.flags.c_contiguous:
            copy_turned(_flat(pixels), _flat(places))
        else:
            places[...] = pixels[:, ::-1, ::-1]

    def _cut(self, number: int, data: FileBytes, turned: bool) -> Pixels | None:
        """Return the window of a JPEG, (h, w, C); None where it has to be decoded with care."""
        header = read_jpeg_header(data)
        if header is None:
            return None
        box = self._box(number, *header.size)
        colours: Colours = "BGR" if self._decoding.channels_reversed ^ turned else "RGB"
        if self._images.gray:
            colours = "GRAY"
        return decode_window(data, header, box, colours, self._eighths(box))

    def _cut_whole(self, number: int, row: int, data: FileBytes, turned: bool) -> Pixels:
        pixels = self._decoding.pixels(self._images, row, data)
        top, left, height, width = self._box(number, *pixels.shape[:2])
        cut = pixels[top : top + height, left : left + width]
        return np.array(cut[..., ::-1] if turned else cut, order="C")  # Pillow's cannot be written

    def _eighths(self, box: Box) -> int:
        """Return the smallest size, in eighths, at which a window still has the pixels wanted."""
        if self._scaled.reduced:
            sides = list(zip(box[2:], self._scaled.size, strict=True))
            for eighths in EIGHTHS:
                if all(side * eighths >= WHOLE * wanted for side, wanted in sides):
                    return eighths
        return WHOLE


def _part(pixels: Array, windows: Windows, number: int) -> Array:
    """Return a view of the window of an image, (H, W, C)."""
    top, left = int(windows.tops[number]), int(windows.lefts[number])
    part = pixels[top : top + windows.height, left : left + windows.width]
    return part[:, ::-1] if windows.mirrored[number] else part


def _flat(pixels: Array) -> Array:
    """Return (h, w, C) as one channel of rows, (1, h, w C)."""
    return pixels.reshape(1, len(pixels), -1)
