"""Flatten: neighbouring axes become one."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from protonet.errors import ShapeError
from protonet.layers.checks import axis_index
from protonet.layers.record import Blob, LayerType, Setting
from protonet.records import Integer, Record


class FlattenParams(Record):
    """Which axes become one."""

    axis: Integer = 1
    """First axis that is flattened; a negative one counts from the end."""
    end_axis: Integer = -1
    """Last axis that is flattened, itself included; a negative one counts from the end."""


def build(params: FlattenParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Join the axes from `axis` to `end_axis` into one, in row-major order.

    Bottom: any shape that has both axes.
    Top: the bottom's shape with those axes replaced by their product: (N, C*H*W) for (N, C, H, W).
    Raises: ShapeError if an axis does not exist or the last comes before the first.
    Source: Caffe, flatten_layer.cpp.
    """
    blob = bottoms[0]
    first, last = axis_index(params.axis, blob), axis_index(params.end_axis, blob, "end_axis")
    if first > last:
        raise ShapeError(
            f"end_axis {params.end_axis} comes before axis {params.axis} in a bottom of shape "
            f"{blob}",
            "end_axis is the last axis to flatten; -1 is the last of all",
        )
    return nn.Flatten(first, last)


FLATTEN = LayerType(name="Flatten", params=FlattenParams, build=build)
