"""Windows of images, turned or not: what crops and mirrors take, copied once, as it is read.

A crop, a mirror and another order of channels each say where every pixel of their result was. Told
together, before the images are read, they cost one copy of the result's own bytes: what is cut away
is never touched, and nothing is copied twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

Array = npt.NDArray[Any]
Positions = npt.NDArray[np.int64]

_WORD = 8
"""Bytes that a processor turns around at once."""

LARGE = 1 << 13
"""Bytes of an image from which on one copy for each is faster than a few for all."""


@dataclass(frozen=True, slots=True)
class Windows:
    """The window that is taken of each of N images.

    Attributes:
        tops, lefts: where the windows begin, in pixels, (N,).
        height, width: of every window.
        mirrored: whether it is turned left to right, (N,).
        channels_reversed: whether the channels come in the opposite order.
    """

    tops: Positions
    lefts: Positions
    height: int
    width: int
    mirrored: npt.NDArray[np.bool_]
    channels_reversed: bool = False

    @classmethod
    def whole(cls, count: int, height: int, width: int) -> Windows:
        """Return windows that are the images themselves."""
        start = np.zeros(count, np.int64)
        return cls(start, start, height, width, np.zeros(count, np.bool_))

    def then(self, inner: Windows) -> Windows:
        """Return the windows that are taken of these, as windows of the images."""
        right = self.width - inner.width - inner.lefts
        return Windows(
            self.tops + inner.tops,
            self.lefts + np.where(self.mirrored, right, inner.lefts),
            inner.height,
            inner.width,
            self.mirrored ^ inner.mirrored,
            self.channels_reversed ^ inner.channels_reversed,
        )

    def part(self, places: slice) -> Windows:
        """Return the windows of some of the images."""
        return replace(
            self,
            tops=self.tops[places],
            lefts=self.lefts[places],
            mirrored=self.mirrored[places],
        )

    def cut(self, images: Iterable[Array], out: Array) -> None:
        """Copy the window of each image to `out`.

        Args:
            images: N of (C, H, W), any dtype; taken one after the other, so that they may be made
                as they are asked for.
            out: (N, C, height, width) of the same dtype, C-contiguous; every byte is written.
        """
        step = -1 if self.channels_reversed else 1
        forwards = np.empty(out.shape[1:], out.dtype)
        places = zip(self.tops.tolist(), self.lefts.tolist(), self.mirrored.tolist(), strict=True)
        for image, window, (top, left, mirrored) in zip(images, out, places, strict=True):
            part = image[::step, top : top + self.height, left : left + self.width]
            if mirrored:  # first into the cache: memory read backwards comes a third as fast
                forwards[...] = part
                copy_turned(forwards, window)
            else:
                window[...] = part

    def cut_all(self, images: Array, out: Array) -> None:
        """Copy the window of each image, (N, C, H, W), to `out`, as `cut` does.

        Small images are cut by a few copies for all of them.
        """
        if images[:1].nbytes >= LARGE or not len(images):
            self.cut(images, out)
            return
        windows = sliding_window_view(images, (self.height, self.width), axis=(2, 3))
        cut = windows[np.arange(len(images)), :, self.tops, self.lefts]  # (N, C, height, width)
        out[...] = cut[:, ::-1] if self.channels_reversed else cut
        chosen = np.flatnonzero(self.mirrored)
        out[chosen] = out[chosen][..., ::-1]


WindowFunction = Callable[[Positions], Windows]
"""The window that a transform, or several in a row, take of the images at some positions, (N,)."""


@dataclass(frozen=True, slots=True)
class InARow:
    """Several functions that take windows, each of what the one before it has left.

    Attributes:
        shape: of one image, (C, H, W).
        functions: in the order in which they work.
        channels_reversed: whether the channels are reversed as well.
    """

    shape: tuple[int, ...]
    functions: tuple[WindowFunction, ...]
    channels_reversed: bool = False

    def __call__(self, positions: Positions) -> Windows:
        """Return the windows at some positions, (N,)."""
        height, width = self.shape[-2:]
        windows = Windows.whole(len(positions), height, width)
        for function in self.functions:
            windows = windows.then(function(positions))
        return replace(windows, channels_reversed=self.channels_reversed)


def copy_turned(part: Array, out: Array) -> None:
    """Copy (C, h, w), each row backwards: single bytes in words, which is two to four times faster
    than one by one."""
    width = part.shape[-1]
    if part.itemsize > 1 or width < _WORD:
        out[...] = part[..., ::-1]
        return
    odd = width % _WORD
    words = part[..., odd:].view(">u8")[..., ::-1]
    out[..., : width - odd].view("<u8")[...] = words
    out[..., width - odd :] = part[..., :odd][..., ::-1]
