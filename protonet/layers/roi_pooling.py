"""ROIPooling: the part of an image in a box, brought to one size whatever the box's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from protonet.errors import DataError, ShapeError
from protonet.layers.checks import check_floating
from protonet.layers.images import image_sides
from protonet.layers.record import TWO, Blob, LayerType, Setting
from protonet.records import Count, Positive, Record


class ROIPoolingParams(Record):
    """The one size, and how boxes are measured."""

    pooled_h: Count
    """Height of the top, in cells."""
    pooled_w: Count
    """Width of the top, in cells."""
    spatial_scale: Positive = 1.0
    """Pixels of the bottom per pixel of the image that the boxes are given for."""


class ROIPooling(nn.Module):
    """Takes the largest number of each cell of each box.

    Args:
        cells: how many along height and width.
        scale: what the boxes' corners are multiplied by.
    """

    def __init__(self, cells: tuple[int, int], scale: float) -> None:
        super().__init__()
        self.cells, self.scale = cells, scale

    def forward(self, bottom: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) and (R, 5) to (R, C, pooled_h, pooled_w).

        Raises: DataError if a box is of a sample that the batch does not have.
        """
        count, channels = boxes.shape[0], bottom.shape[1]
        if bottom.is_meta:  # no numbers, and so no boxes
            return bottom.new_empty(count, channels, *self.cells)
        places = [self._places(bottom.detach(), box) for box in boxes.reshape(count, 5).tolist()]
        if not places:
            return bottom.new_zeros(0, channels, *self.cells)
        chosen = torch.stack(places)  # (R, C, pooled_h, pooled_w), -1 where a cell is empty
        values = bottom.reshape(-1)[chosen.clamp(min=0)]
        return torch.where(chosen >= 0, values, 0.0)

    def _places(self, bottom: torch.Tensor, box: Sequence[float]) -> torch.Tensor:
        """Return where in the bottom the largest numbers of a box lie, (C, pooled_h, pooled_w)."""
        samples, channels, height, width = bottom.shape
        sample, left, above, right, below = int(box[0]), *map(self._rounded, box[1:5])
        if not 0 <= sample < samples:
            raise DataError(f"a box is of sample {sample}, and the batch has {samples}")
        rows, columns = _Side.of(above, below, height), _Side.of(left, right, width)
        part = bottom[sample, :, rows.start : rows.end, columns.start : columns.end]
        if not part.numel():
            return bottom.new_full((channels, *self.cells), -1, dtype=torch.int64)
        margins = [columns.before, columns.after, rows.before, rows.after]
        part = functional.pad(part, margins, value=-math.inf) if any(margins) else part
        values, places = functional.adaptive_max_pool2d(part, self.cells, return_indices=True)
        row, column = (
            torch.arange(first, first + length, device=bottom.device)
            for first, length in zip((above, left), part.shape[1:], strict=True)
        )
        pixel = row[:, None] * width + column  # looked up: a division of each place is slow
        image = sample * channels + torch.arange(channels, device=bottom.device).view(-1, 1, 1)
        found = pixel.take(places).add_(image * (height * width))
        return torch.where(values > -math.inf, found, -1)

    def _rounded(self, corner: float) -> int:
        """Return a corner in pixels of the bottom, halves away from 0 as C's round has them."""
        scaled = corner * self.scale
        return math.floor(abs(scaled) + 0.5) * (1 if scaled > 0 else -1)


class _Side(NamedTuple):
    """A box along one axis: its part within the image, and how far it reaches beyond."""

    start: int
    end: int
    before: int
    after: int

    @classmethod
    def of(cls, first: int, last: int, side: int) -> _Side:
        """Return the pixels first to last, at least one, of an image of so many."""
        beyond = max(last, first) + 1
        start, end = min(max(first, 0), side), min(max(beyond, 0), side)
        return cls(start, end, start - first, beyond - end)


def build(params: ROIPoolingParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Divide each box into pooled_h * pooled_w cells and take the largest number of each.

    Bottoms: images, (N, C, H, W), any float dtype; boxes, (R, 5): the sample, then left, top, right
        and bottom, in pixels of the image that was boxed, both ends included. They get no gradient.
    Top: (R, C, pooled_h, pooled_w); 0 where a cell lies outside the image.
    Raises: ShapeError if the images have not 4 axes or the boxes not 5 numbers.
    Source: Fast R-CNN's fork of Caffe, roi_pooling_layer.cpp. Corners are rounded to pixels, a cell
        reaches from floor to ceil of its share; the first of equal numbers is the largest.
    """
    check_floating(bottoms[:1])
    infer(params, bottoms, setting)
    return ROIPooling((params.pooled_h, params.pooled_w), params.spatial_scale)


def infer(params: ROIPoolingParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    bottom, boxes = bottoms
    image_sides(bottom, "ROIPooling")
    if boxes.rank < 2 or math.prod(boxes.shape[1:]) != 5:
        raise ShapeError(
            f"bottom 1 of shape {boxes} holds no boxes of 5 numbers",
            "give (R, 5): the sample, left, top, right, bottom",
        )
    shape = (boxes.shape[0], bottom.shape[1], params.pooled_h, params.pooled_w)
    return (Blob(shape, bottom.dtype),)


_IN_THE_BOXES = "which pixels a cell has is in the boxes, which are read"

ROI_POOLING = LayerType(
    name="ROIPooling",
    params=ROIPoolingParams,
    build=build,
    bottoms=TWO,
    infer=infer,
    exclusions=MappingProxyType({"compile": _IN_THE_BOXES, "export": _IN_THE_BOXES}),
)
