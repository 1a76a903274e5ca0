"""Add a margin around every image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import BeforeValidator

from protonet.errors import ShapeError
from protonet.records import Record, Size, custom_error
from protonet.transforms.pictures import check_fill
from protonet.transforms.record import (
    Array,
    Context,
    Positions,
    Transform,
    TransformType,
    described,
    images_of,
)
from protonet.transforms.sending import sent
from protonet.transforms.values import Numbers, PerChannel

Mode = Literal["constant", "edge", "reflect", "symmetric"]


def _margins(written: object) -> object:
    """Read one margin, [rows, columns] or [top, bottom, left, right]."""
    margins = list(written) if isinstance(written, list | tuple) else [written]
    whole = all(isinstance(one, int) and not isinstance(one, bool) for one in margins)
    if not whole or len(margins) not in (1, 2, 4):
        raise custom_error(
            "PN010",
            "a whole number is needed, [rows, columns], or [top, bottom, left, right]",
            "for example 4 or [4, 0]",
        )
    if len(margins) == 4:
        return tuple(margins)
    rows, columns = margins * 2 if len(margins) == 1 else margins
    return rows, rows, columns, columns


class PadParams(Record):
    """How wide the margin is, and what is in it."""

    pad: Annotated[
        tuple[Size, Size, Size, Size],
        BeforeValidator(_margins, json_schema_input_type=int | list[int]),
    ]
    """Pixels added on every side; or [rows, columns], above and below, left and right; or [top,
    bottom, left, right]."""
    mode: Mode = "constant"
    """What is in the margin: a constant, the pixel at the edge, or the image mirrored, without
    (reflect) or with (symmetric) the pixel at the edge."""
    fill: PerChannel = (0.0,)
    """The constant: one number, or one for each channel."""


@dataclass(frozen=True, slots=True)
class Margin:
    """A margin of constant numbers.

    Attributes:
        top, left: pixels before the image.
        height, width: of the whole.
        fill: one number, or one for each channel.
    """

    top: int
    left: int
    height: int
    width: int
    fill: Numbers

    def host(self, images: Array, positions: Positions) -> Array:
        """Pad (N, C, H, W)."""
        count, channels, rows, columns = images.shape
        whole = np.empty((count, channels, self.height, self.width), images.dtype)
        whole[:] = np.asarray(self.fill, images.dtype).reshape(-1, 1, 1)
        whole[:, :, self.top : self.top + rows, self.left : self.left + columns] = images
        return whole

    def device(self, images: torch.Tensor, positions: Positions) -> torch.Tensor:
        """Do the same on a device."""
        count, channels, rows, columns = images.shape
        whole = images.new_empty(count, channels, self.height, self.width)
        fill = self.fill * channels if len(self.fill) == 1 else self.fill
        for channel, number in enumerate(fill):
            whole[:, channel].fill_(number)
        whole[:, :, self.top : self.top + rows, self.left : self.left + columns] = images
        return whole


@dataclass(frozen=True, slots=True, eq=False)
class Repetition:
    """A margin of pixels of the image.

    Attributes:
        rows, columns: for each row and column of the whole, the one of the image.
    """

    rows: Positions
    columns: Positions

    def host(self, images: Array, positions: Positions) -> Array:
        """Pad (N, C, H, W)."""
        return np.ascontiguousarray(images[:, :, self.rows[:, None], self.columns])

    def device(self, images: torch.Tensor, positions: Positions) -> torch.Tensor:
        """Do the same on a device."""
        rows, columns = (sent(index, images) for index in (self.rows, self.columns))
        return images[:, :, rows[:, None], columns]


def _build(params: PadParams, context: Context) -> Transform:
    """Add a margin around each image.

    Takes: (N, C, H, W). Gives: (N, C, H + top + bottom, W + left + right).
    Raises: ShapeError if the samples are no images, the fill does not fit, or images are too small
        to be mirrored so far.
    Source: NumPy, pad.
    """
    channels, rows, columns = images_of(context)
    top, bottom, left, right = params.pad
    height, width = rows + top + bottom, columns + left + right
    margin: Margin | Repetition
    if params.mode == "constant":
        check_fill(params.fill, context)
        margin = Margin(top, left, height, width, params.fill)
    else:
        _check_room(params, rows, columns)
        indices = (
            np.pad(np.arange(side), ends, mode=params.mode)
            for side, ends in ((rows, (top, bottom)), (columns, (left, right)))
        )
        margin = Repetition(*indices)
    return Transform(
        shape=(channels, height, width),
        device=margin.device,
        host=margin.host,
        description=described("Pad", params),
    )


def _check_room(params: PadParams, rows: int, columns: int) -> None:
    top, bottom, left, right = params.pad
    taken = 1 if params.mode == "reflect" else 0
    for side, margin, what in (
        (rows, max(top, bottom), "rows"),
        (columns, max(left, right), "columns"),
    ):
        if params.mode != "edge" and margin > side - taken:
            raise ShapeError(
                f"{margin} {what} cannot be mirrored from images of {rows} x {columns}: "
                f"{side - taken} are there",
                f"pad at most {side - taken}, or take mode: edge",
            )


PAD = TransformType("Pad", PadParams, _build, moves=True)
