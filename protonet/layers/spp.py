"""SPP: pooling with finer and finer windows, whatever the size of the image."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import nn
from torch.nn import functional

from protonet.errors import ShapeError
from protonet.layers.checks import check_floating
from protonet.layers.frames import Frame, Pair, drawn, largest, mean, weighted_mean
from protonet.layers.images import image_sides
from protonet.layers.record import Blob, LayerType, Setting
from protonet.records import Count, Record


class SPPParams(Record):
    """How many levels, and what is taken from a window."""

    pyramid_height: Count
    """Number of levels. Level 0 has one window, each further one twice as many along each axis."""
    pool: Literal["MAX", "AVE", "STOCHASTIC"] = "MAX"
    """What is taken from a window, as of Pooling."""


Pool = Callable[[torch.Tensor, Frame], torch.Tensor]
"""Takes one number from each window of a frame."""


class Pyramid(nn.Module):
    """Pools an image at several levels and puts what they give one after the other.

    Args:
        pool: what is taken from a window.
        levels: how many levels; one alone keeps its axes.
    """

    def __init__(self, pool: Pool, levels: int) -> None:
        super().__init__()
        self.pool, self.levels = pool, levels

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Pool (N, C, H, W) to (N, C·windows), or to (N, C, 1, 1) for one level."""
        frames = _frames(self.levels, (bottom.shape[2], bottom.shape[3]))
        parts = [self.pool(bottom, frame) for frame in frames]
        return parts[0] if len(parts) == 1 else torch.cat([part.flatten(1) for part in parts], 1)


def build(params: SPPParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Pool with 1, 4, 16 … windows that cover the image, and put all they give into one vector.

    Bottom: (N, C, H, W), any float dtype.
    Top: (N, C·(1 + 4 + … + 4^(pyramid_height - 1))), fewer where the last windows of a level would
        lie in its padding; level by level, each in the order C, H, W. (N, C, 1, 1) for one level.
    Raises: ShapeError if the bottom has not 4 axes, or is too small for its finest windows.
    Source: Caffe, spp_layer.cpp: windows of ceil(H / 2^level), half the overhang as padding.
    """
    check_floating(bottoms)
    infer(params, bottoms, setting)
    at_random = drawn if setting.phase == "train" else weighted_mean
    pools: dict[str, Pool] = {"MAX": _largest, "AVE": mean, "STOCHASTIC": at_random}
    return Pyramid(pools[params.pool], params.pyramid_height)


def infer(params: SPPParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    bottom = bottoms[0]
    image = image_sides(bottom, "SPP")
    frames = _frames(params.pyramid_height, image)
    for level, frame in enumerate(frames):
        _check(params, frame, level, bottom)
    samples, channels = bottom.shape[:2]
    if len(frames) == 1:
        return (Blob((samples, channels, 1, 1), bottom.dtype),)
    windows = sum(math.prod(frame.places(image)) for frame in frames)
    return (Blob((samples, channels * windows), bottom.dtype),)


def _largest(bottom: torch.Tensor, frame: Frame) -> torch.Tensor:
    """Return the largest number of each window, the gradient going to the first of equals.

    Windows without padding are torch's adaptive ones too: on a CPU several times as fast where they
    are large and channels lie last. Exported code keeps to what every runtime has.
    """
    if bottom.is_cpu and not any(frame.pad) and not torch.compiler.is_compiling():
        return functional.adaptive_max_pool2d(bottom, frame.places((*bottom.shape[2:],)))
    return largest(bottom, frame)


def _frames(levels: int, image: Pair) -> list[Frame]:
    """Return where the windows of each level lie."""
    return [_frame(2**level, image) for level in range(levels)]


def _frame(windows: int, image: Pair) -> Frame:
    height, width = (-(-side // windows) for side in image)
    overhang = (height * windows - image[0], width * windows - image[1])
    pad = ((overhang[0] + 1) // 2, (overhang[1] + 1) // 2)
    return Frame((height, width), (height, width), pad, True)


def _check(params: SPPParams, frame: Frame, level: int, bottom: Blob) -> None:
    for axis in (0, 1):
        if frame.pad[axis] >= frame.kernel[axis]:
            side, windows = bottom.shape[2 + axis], 2**level
            why = f"axis {2 + axis} of {bottom} is too short for {windows} windows: of"
            raise ShapeError(
                f"{why} {frame.kernel[axis]} they would need a padding of {frame.pad[axis]}",
                f"use a smaller pyramid_height, or images larger than {side}",
            )
    if params.pool == "STOCHASTIC" and any(frame.pad):
        raise ShapeError(
            f"the {2**level} windows of level {level} need padding on {bottom}, and STOCHASTIC"
            " takes none",
            "use images whose sides are multiples of the number of windows",
        )


SPP = LayerType(name="SPP", params=SPPParams, build=build, infer=infer)
