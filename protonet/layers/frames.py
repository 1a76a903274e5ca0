"""What becomes of the numbers in a window of an image: pure functions that pooling is made of.

The windows of a `Frame` lie as Caffe's do, also where torch's pooling would refuse them or leave
some out: with more padding than half a window, and beyond the image.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch.nn import functional

Pair = tuple[int, int]
"""A number for height and one for width."""


class Frame(NamedTuple):
    """How windows lie along height and width of an image of any size, in pixels.

    Attributes:
        kernel: sides of a window.
        stride: distance between windows.
        pad: how far the first window lies before the image.
        keeps_cut: whether a last window that overhangs the image is kept.
    """

    kernel: Pair
    stride: Pair
    pad: Pair
    keeps_cut: bool

    @classmethod
    def whole(cls, image: Pair) -> Frame:
        """Return the one window that covers an image."""
        return cls(image, (1, 1), (0, 0), False)

    @property
    def is_torchs(self) -> bool:
        """Whether torch's own pooling has these windows, whatever the image."""
        within = all(2 * pad <= kernel for pad, kernel in zip(self.pad, self.kernel, strict=True))
        gaps = any(stride > kernel for stride, kernel in zip(self.stride, self.kernel, strict=True))
        # Without padding Caffe keeps a window that begins beyond the image, and torch does not.
        return within and (any(self.pad) or not (self.keeps_cut and gaps))

    @property
    def is_pixel(self) -> bool:
        """Whether each window is one pixel."""
        return self.kernel == (1, 1)

    def places(self, image: Pair) -> Pair:
        """Return how many windows lie along each axis; below 1 where none does."""
        return self._count(0, image[0]), self._count(1, image[1])

    def margins(self, image: Pair) -> Pair:
        """Return how far the last window reaches beyond the image along each axis; below 0 where
        it ends before."""
        rows, columns = (
            (count - 1) * stride + kernel - pad - side
            for count, stride, kernel, pad, side in zip(
                self.places(image), self.stride, self.kernel, self.pad, image, strict=True
            )
        )
        return rows, columns

    def lengths(self, axis: int, side: int, like: torch.Tensor) -> torch.Tensor:
        """Return what each window along an axis has of the image and its padding, from its start;
        0 or below for one that starts beyond. Made on the device of `like`, and in its type."""
        kernel, stride, pad = self.kernel[axis], self.stride[axis], self.pad[axis]
        starts = torch.arange(self._count(axis, side), device=like.device) * stride - pad
        return ((starts + kernel).clamp(max=side + pad) - starts).to(like.dtype)

    def _count(self, axis: int, side: int) -> int:
        stride, pad = self.stride[axis], self.pad[axis]
        room = side + 2 * pad - self.kernel[axis]
        count = (-(-room // stride) if self.keeps_cut else room // stride) + 1
        starts_beyond = (count - 1) * stride >= side + pad
        return count - 1 if any(self.pad) and starts_beyond else count


def largest(bottom: torch.Tensor, frame: Frame) -> torch.Tensor:
    """Return the largest number of each window, (N, C, H', W').

    The gradient goes to the first of equals, row by row; a window beyond the image has float32's
    lowest number.
    """
    pixels = _pixels(bottom, frame)
    if pixels is not None:
        return pixels
    framed = _framed(bottom, frame, _lowest(bottom))
    return functional.max_pool2d(framed, frame.kernel, frame.stride)


def largest_and_place(bottom: torch.Tensor, frame: Frame) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the largest number of each window, as `largest` does, and where it lies in its
    channel, row by row: both (N, C, H', W'), the second int64, -1 for a window beyond the image."""
    height, width = bottom.shape[2:]
    framed = _framed(bottom, frame, _lowest(bottom))
    top, places = functional.max_pool2d(framed, frame.kernel, frame.stride, return_indices=True)
    rows = places // framed.shape[3] - frame.pad[0]
    columns = places % framed.shape[3] - frame.pad[1]
    is_inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return top, torch.where(is_inside, rows * width + columns, -1)


def mean(bottom: torch.Tensor, frame: Frame) -> torch.Tensor:
    """Return the mean of each window, (N, C, H', W'), zeros of the padding included.

    What overhangs the padding is not counted; a window beyond it has 0/0.
    """
    pixels = _pixels(bottom, frame)
    if pixels is not None:
        return pixels
    rows, columns = (frame.lengths(axis, bottom.shape[2 + axis], bottom) for axis in (0, 1))
    return _sums(bottom, frame) / torch.outer(rows, columns)


def weighted_mean(bottom: torch.Tensor, frame: Frame) -> torch.Tensor:
    """Return Σx² / Σx of each window, (N, C, H', W'), 0 where Σx is 0: the mean of what `drawn`
    gives."""
    total = _sums(bottom, frame)
    is_some = total > 0
    return torch.where(is_some, _sums(bottom * bottom, frame) / total.where(is_some, 1.0), 0.0)


def drawn(bottom: torch.Tensor, frame: Frame) -> torch.Tensor:
    """Return one number of each window, (N, C, H', W'), drawn with a chance in proportion to it.

    Of zeros only, the first. Numbers below 0 have no chance that could be met.
    """
    columns = functional.unfold(_framed(bottom, frame, 0.0), frame.kernel, stride=frame.stride)
    values = columns.reshape(*bottom.shape[:2], -1, columns.shape[2])  # (N, C, window, H' * W')
    sums = values.detach().cumsum(2)
    total = sums[:, :, -1:]
    goal = total * (1 - torch.rand_like(total))  # above 0: beside others a zero is never drawn
    chosen = (sums < goal).sum(2, keepdim=True).clamp(max=values.shape[2] - 1)
    top = values.gather(2, chosen).squeeze(2)
    places = frame.places((bottom.shape[2], bottom.shape[3]))
    return top.reshape(*bottom.shape[:2], *places)


def _pixels(bottom: torch.Tensor, frame: Frame) -> torch.Tensor | None:
    """Return what windows of one pixel hold, without looking for the largest; None for larger
    windows, and where one lies beyond the image."""
    if not frame.is_pixel or max(frame.margins((bottom.shape[2], bottom.shape[3]))) > 0:
        return None
    return bottom[:, :, :: frame.stride[0], :: frame.stride[1]]


def _lowest(bottom: torch.Tensor) -> float:
    """Return float32's lowest number, or the bottom's where that is nearer to 0."""
    return max(torch.finfo(torch.float32).min, torch.finfo(bottom.dtype).min)


def _sums(bottom: torch.Tensor, frame: Frame) -> torch.Tensor:
    framed = _framed(bottom, frame, 0.0)
    return functional.avg_pool2d(framed, frame.kernel, frame.stride, divisor_override=1)


def _framed(bottom: torch.Tensor, frame: Frame, value: float) -> torch.Tensor:
    """Return the image cut and extended to what its windows cover, `value` outside."""
    below, right = frame.margins((bottom.shape[2], bottom.shape[3]))
    margins = [frame.pad[1], right, frame.pad[0], below]
    return functional.pad(bottom, margins, value=value) if any(margins) else bottom
