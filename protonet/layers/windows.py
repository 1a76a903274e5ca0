"""Windows that slide over an image: their keys, which many layers share, and how many fit.

A size may be one number for every axis, a list with one per axis, or a pair `_h`, `_w`, as in
Caffe.
"""

from __future__ import annotations

from typing import NamedTuple, Self

from pydantic import ValidationError, model_validator
from pydantic_core import InitErrorDetails

from protonet.errors import ShapeError
from protonet.layers.one_or_more import Counts, Sizes
from protonet.layers.record import Blob
from protonet.records import Count, Record, Size, custom_error

Sides = tuple[int, ...]


class Windows(Record):
    """How large the windows are, how far apart, and how far they may overhang the image."""

    kernel_size: Counts | None = None
    """Sides of the window, in pixels: one number, or one per spatial axis."""
    kernel_h: Count | None = None
    """Height of the window, in pixels; with kernel_w, in place of kernel_size."""
    kernel_w: Count | None = None
    """Width of the window, in pixels."""
    stride: Counts | None = None
    """Distance between neighbouring windows, in pixels. 1 where nothing is given."""
    stride_h: Count | None = None
    """Vertical distance, in pixels; with stride_w, in place of stride."""
    stride_w: Count | None = None
    """Horizontal distance, in pixels."""
    pad: Sizes | None = None
    """Pixels added on either side of each axis. 0 where nothing is given."""
    pad_h: Size | None = None
    """Pixels added above and below, in place of pad; pad_w is 0 where it is left out."""
    pad_w: Size | None = None
    """Pixels added left and right, in place of pad; pad_h is 0 where it is left out."""

    @model_validator(mode="after")
    def _say_each_thing_once(self) -> Self:
        for key, stem in (("kernel_size", "kernel"), ("stride", "stride"), ("pad", "pad")):
            pair = [
                f"{stem}_{side}" for side in "hw" if getattr(self, f"{stem}_{side}") is not None
            ]
            if pair and getattr(self, key) is not None:
                raise self._problem("PN015", pair[0], f"{key} is given too", "give one of the two")
            if len(pair) == 1 and stem != "pad":
                other = {"h": "w", "w": "h"}[pair[0][-1]]
                raise self._problem("PN011", pair[0], f"{stem}_{other} is needed beside it")
        return self

    def _problem(self, code: str, key: str, why: str, hint: str = "") -> ValidationError:
        error = custom_error(code, why, hint)
        line = InitErrorDetails(type=error, loc=(key,), input=getattr(self, key))
        return ValidationError.from_exception_data(type(self).__name__, [line])

    @property
    def has_kernel(self) -> bool:
        """Whether the size of the window is given."""
        return self.kernel_size is not None or self.kernel_h is not None

    def kernels(self, axes: int) -> Sides:
        """Return the window's side along each of so many spatial axes, in pixels."""
        return per_axis("kernel_size", self.kernel_size, (self.kernel_h, self.kernel_w), axes)

    def strides(self, axes: int) -> Sides:
        """Return the distance between windows along each spatial axis, in pixels."""
        return per_axis("stride", self.stride or (1,), (self.stride_h, self.stride_w), axes)

    def pads(self, axes: int) -> Sides:
        """Return the padding on either side of each spatial axis, in pixels."""
        return per_axis("pad", self.pad or (0,), (self.pad_h, self.pad_w), axes)


def per_axis(
    key: str,
    listed: Sides | None,
    pair: tuple[int | None, int | None] = (None, None),
    axes: int = 2,
) -> Sides:
    """Return one number per spatial axis.

    Args:
        key: the YAML key, for the message.
        listed: one number, or one per axis.
        pair: the numbers for height and width, which win where one is given.
        axes: how many spatial axes the bottom has.

    Raises: ShapeError if the numbers do not fit the axes.
    """
    if any(number is not None for number in pair):
        if axes != 2:
            stem = key.removesuffix("_size")
            why = f"{stem}_h and {stem}_w need 2 spatial axes, the bottom has {axes}"
            raise ShapeError(why, f"give {key} with one number per axis")
        return tuple(number or 0 for number in pair)
    given = listed or ()
    if len(given) == 1:
        return given * axes
    if len(given) != axes:
        raise ShapeError(f"{key} has {len(given)} numbers, the bottom has {axes} spatial axes")
    return given


class Grid(NamedTuple):
    """Windows on the spatial axes of an image; every field has one number per axis, in pixels."""

    image: Sides
    kernel: Sides
    stride: Sides
    pad: Sides
    dilation: Sides

    def places(self, bottom: Blob) -> Sides:
        """Return how many windows fit along each axis, rounded down.

        Raises: ShapeError if none does.
        """
        first = bottom.rank - len(self.image)
        return tuple(
            _fit(f"axis {first + position} of {bottom}", *sides)
            for position, sides in enumerate(zip(*self, strict=True))
        )


def _fit(where: str, image: int, kernel: int, stride: int, pad: int, dilation: int) -> int:
    """Return floor((image + 2*pad - span) / stride) + 1, span the kernel's side with its holes."""
    span = dilation * (kernel - 1) + 1
    places = (image + 2 * pad - span) // stride + 1
    if places < 1:
        width = f"{kernel}" if dilation == 1 else f"({dilation}*({kernel} - 1) + 1)"
        sum_ = f"floor(({image} + 2*{pad} - {width}) / {stride}) + 1 = {places}"
        raise ShapeError(
            f"no window fits along {where}: {sum_}", "use a smaller kernel_size or a larger pad"
        )
    return places
