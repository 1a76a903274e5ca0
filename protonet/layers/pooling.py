"""Pooling: the largest, the mean or a random number of each window of an image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Self

import torch
from pydantic import model_validator
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.checks import check_floating
from protonet.layers.frames import (
    Frame,
    Pair,
    drawn,
    largest,
    largest_and_place,
    mean,
    weighted_mean,
)
from protonet.layers.images import image_sides
from protonet.layers.record import Arity, Blob, LayerType, Setting
from protonet.layers.windows import Windows
from protonet.records import Flag

Pool = Callable[[torch.Tensor, Frame], torch.Tensor | tuple[torch.Tensor, torch.Tensor]]

_NEUTRAL = {"stride": 1, "pad": 0}
"""What may stand beside global_pooling, since it changes nothing."""


class PoolingParams(Windows):
    """What is taken from each window, and where the windows lie."""

    pool: Literal["MAX", "AVE", "STOCHASTIC"] = "MAX"
    """What is taken from a window: the largest number (MAX), the mean with its padding (AVE), or
    one drawn with a chance in proportion to it (STOCHASTIC: outside training the mean of such
    draws; for numbers of at least 0)."""
    global_pooling: Flag = False
    """Whether one window covers the whole image; kernel_size, stride and pad are then left out."""
    round_mode: Literal["CEIL", "FLOOR"] = "CEIL"
    """Whether a last window that overhangs the image is kept (CEIL) or left out (FLOOR)."""

    @model_validator(mode="after")
    def _one_size_of_window(self) -> Self:
        if not self.global_pooling and not self.has_kernel:
            hint = "give kernel_size, or kernel_h and kernel_w, or global_pooling: true"
            raise self._problem("PN011", "kernel_size", "missing", hint)
        for key in self._given() if self.global_pooling else ():
            why = "with global_pooling the window is the whole image"
            raise self._problem("PN015", key, why, "leave one of the two out")
        return self

    @model_validator(mode="after")
    def _draws_from_the_image_alone(self) -> Self:
        for key in self._given() if self.pool == "STOCHASTIC" else ():
            if key.startswith("pad"):
                raise self._problem("PN015", key, "STOCHASTIC takes no padding", "leave pad out")
        return self

    def _given(self) -> list[str]:
        """Return the keys of `Windows` that have an effect."""
        sides = {
            key: value if isinstance(value, tuple) else (value,)
            for key in Windows.model_fields
            if (value := getattr(self, key)) is not None
        }
        return [
            key
            for key, values in sides.items()
            if {*values} != {_NEUTRAL.get(key.partition("_")[0])}
        ]


class Pooling(nn.Module):
    """Pools with windows that torch's own pooling does not have, or is slow for.

    Args:
        pool: what is taken from a window.
        frame: where the windows lie; None for one that covers the image.
    """

    def __init__(self, pool: Pool, frame: Frame | None) -> None:
        super().__init__()
        self.pool, self.frame = pool, frame

    def forward(self, bottom: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        """Pool (N, C, H, W) to (N, C, H', W'), with a mask of that shape where `pool` gives one."""
        frame = self.frame or Frame.whole((bottom.shape[2], bottom.shape[3]))
        return self.pool(bottom, frame)


def build(params: PoolingParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Take one number from each window of each channel.

    Bottom: (N, C, H, W), any float dtype.
    Tops: (N, C, H', W'), H' = ceil((H + 2*pad - kernel) / stride) + 1, or floor for FLOOR; with
        padding, one less if the last window would start at H + pad or beyond. (N, C, 1, 1) for a
        global one. For MAX on request the mask, of the same shape, int64: where in its channel
        the largest number lies, row by row, for an Upsample.
    Raises: ShapeError if the bottom has not 4 axes, no window fits, pad is not below kernel, or a
        mask is asked of another than MAX.
    Source: Caffe, pooling_layer.cpp. The first of equal numbers is the largest. A mean counts the
        padding, not what overhangs it. Without padding, and with a stride above the kernel, the
        last window may lie beyond the image: MAX gives float32's lowest number, AVE 0/0.
    """
    check_floating(bottoms)
    infer(params, bottoms, setting)
    frame, is_max = _frame(params), params.pool == "MAX"
    if setting.tops > 1:
        return Pooling(largest_and_place, frame)
    if params.pool == "STOCHASTIC":
        return Pooling(drawn if setting.phase == "train" else weighted_mean, frame)
    if frame is None:
        return nn.AdaptiveMaxPool2d(1) if is_max else nn.AdaptiveAvgPool2d(1)
    if frame.is_pixel or not frame.is_torchs:
        return Pooling(largest if is_max else mean, frame)
    kind = nn.MaxPool2d if is_max else nn.AvgPool2d
    return kind(frame.kernel, frame.stride, frame.pad, ceil_mode=frame.keeps_cut)


def infer(params: PoolingParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    bottom = bottoms[0]
    image = image_sides(bottom, "Pooling")
    frame = _frame(params) or Frame.whole(image)
    places = frame.places(image)
    for axis in (0, 1):
        pad, kernel, where = frame.pad[axis], frame.kernel[axis], f"axis {axis + 2} of {bottom}"
        if pad >= kernel:
            why = f"pad {pad} is not below the kernel's {kernel} along {where}"
            raise ShapeError(why, "a window would lie in the padding alone")
        if places[axis] < 1:
            why = f"no window fits along {where}: {_sum(frame, image, axis)}"
            raise ShapeError(why, "use a smaller kernel_size or a larger pad")
    if setting.tops > 1 and params.pool != "MAX":
        why = f"a second top, the mask, is asked of pool: {params.pool}"
        raise ShapeError(why, "MAX alone has one: leave the second top out")
    shape = (*bottom.shape[:2], *places)
    return (Blob(shape, bottom.dtype), Blob(shape, torch.int64))[: setting.tops]


def _frame(params: PoolingParams) -> Frame | None:
    """Return where the windows lie; None for one that covers the image."""
    if params.global_pooling:
        return None
    kernel, stride, pad = (
        (sides[0], sides[1]) for sides in (params.kernels(2), params.strides(2), params.pads(2))
    )
    return Frame(kernel, stride, pad, params.round_mode == "CEIL")


def _sum(frame: Frame, image: Pair, axis: int) -> str:
    """Return the arithmetic of how many windows fit along an axis."""
    name = "ceil" if frame.keeps_cut else "floor"
    room = f"{image[axis]} + 2*{frame.pad[axis]} - {frame.kernel[axis]}"
    return f"{name}(({room}) / {frame.stride[axis]}) + 1 = {frame.places(image)[axis]}"


POOLING = LayerType(
    name="Pooling", params=PoolingParams, build=build, tops=Arity(1, 2), infer=infer
)
