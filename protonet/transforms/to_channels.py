"""ToRGB, ToBGR, ToGray: the order of channels as a step of its own.

A list with one of these orders channels itself: images arrive as they are stored, and the order
that the net expects is that of the last step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from protonet.errors import ShapeError
from protonet.records import ChannelOrder, Record
from protonet.transforms.record import (
    Array,
    Context,
    DeviceFunction,
    HostFunction,
    Positions,
    Transform,
    TransformType,
    images_of,
)
from protonet.transforms.values import Numbers

_LUMA = (19595, 38470, 7471)
"""What red, green and blue count, of 65,536: 0.299, 0.587, 0.114."""


class ToChannelsParams(Record):
    """Has no keys."""


def _to(order: ChannelOrder, params: ToChannelsParams, context: Context) -> Transform:
    arriving = context.channels
    channels, rows, columns = images_of(context)
    if arriving is None and channels == 1:
        arriving = "gray"
    if arriving is None:
        raise ShapeError(
            "the data set does not say what its channels are", "leave it out, or convert again"
        )
    host, device = _functions(arriving, order)
    shape = (1 if order == "gray" else 3, rows, columns)
    known = replace(
        context,
        channels=order,
        mean=_statistic(context.mean, arriving, order),
        std=None if arriving != "gray" == order else _statistic(context.std, arriving, order),
    )
    description = {"type": "ToGray" if order == "gray" else f"To{order}"}
    return Transform(shape=shape, device=device, host=host, description=description, known=known)


def _functions(arriving: ChannelOrder, order: ChannelOrder) -> tuple[HostFunction, DeviceFunction]:
    if arriving == order:
        return (lambda images, positions: images), (lambda images, positions: images)
    if order == "gray":
        host: Callable[[bool, Array, Positions], Array] = _grey
        bgr = arriving == "BGR"
        return partial(host, bgr), partial(_grey_of_tensor, bgr)
    if arriving == "gray":
        return _thrice, lambda images, positions: images.repeat(1, 3, 1, 1)
    return _reversed, lambda images, positions: images.flip(1)


def _grey(bgr: bool, images: Array, positions: Positions) -> Array:
    """Return (N, 1, H, W): of whole numbers the sum that Pillow makes, rounded; else the exact
    one."""
    red, green, blue = (images[:, at] for at in ((2, 1, 0) if bgr else (0, 1, 2)))
    if images.dtype.kind in "iu":
        parts = zip((red, green, blue), _LUMA, strict=True)
        total = sum(np.multiply(part, weight, dtype=np.int64) for part, weight in parts)
        return np.asarray((total + 0x8000) >> 16).astype(images.dtype)[:, None]
    weights = [weight / 65536 for weight in _LUMA]
    grey = red * weights[0] + green * weights[1] + blue * weights[2]
    return np.asarray(grey.astype(images.dtype)[:, None])


def _grey_of_tensor(bgr: bool, images: torch.Tensor, positions: Positions) -> torch.Tensor:
    first, second, third = (weight / 65536 for weight in (_LUMA[::-1] if bgr else _LUMA))
    return images[:, :1] * first + images[:, 1:2] * second + images[:, 2:] * third


def _thrice(images: Array, positions: Positions) -> Array:
    return np.repeat(images, 3, axis=1)


def _reversed(images: Array, positions: Positions) -> Array:
    return np.ascontiguousarray(images[:, ::-1])


def _statistic(
    numbers: Numbers | None, arriving: ChannelOrder, order: ChannelOrder
) -> Numbers | None:
    """Return a mean, or what is like it, of the channels as they leave."""
    if numbers is None or arriving == order:
        return numbers
    if arriving == "gray":
        return numbers * 3
    if order != "gray":
        return numbers[::-1]
    luma = _LUMA[::-1] if arriving == "BGR" else _LUMA
    weighed = (number * weight for number, weight in zip(numbers, luma, strict=True))
    return (sum(weighed) / 65536,)


def _to_rgb(params: ToChannelsParams, context: Context) -> Transform:
    """Bring the channels into the order red, green, blue; make three of a grey one.

    Takes: (N, 1 or 3, H, W). Gives: (N, 3, H, W).
    Raises: ShapeError if the samples are no images, or the data set does not say what its channels
        are.
    """
    return _to("RGB", params, context)


def _to_bgr(params: ToChannelsParams, context: Context) -> Transform:
    """Bring the channels into the order blue, green, red, which is Caffe's; make three of a grey
    one.

    Takes: (N, 1 or 3, H, W). Gives: (N, 3, H, W).
    Raises: ShapeError if the samples are no images, or the data set does not say what its channels
        are.
    """
    return _to("BGR", params, context)


def _to_gray(params: ToChannelsParams, context: Context) -> Transform:
    """Make one grey channel of three: 0.299 red + 0.587 green + 0.114 blue.

    Takes: (N, 1 or 3, H, W). Gives: (N, 1, H, W).
    Raises: ShapeError if the samples are no images, or the data set does not say what its channels
        are.
    Source: Pillow, convert("L"), to the last bit for bytes.
    """
    return _to("gray", params, context)


TO_RGB = TransformType("ToRGB", ToChannelsParams, _to_rgb, channels="RGB")
TO_BGR = TransformType("ToBGR", ToChannelsParams, _to_bgr, channels="BGR")
TO_GRAY = TransformType("ToGray", ToChannelsParams, _to_gray, channels="gray")
