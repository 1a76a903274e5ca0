"""The filters of a net's first convolution, as a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from protonet.net import Net
from protonet.records import ChannelOrder
from protonet.run.board.grid import Cell, grid, pixels_of, stretched
from protonet.run.board.png import Picture

_TYPES = frozenset({"Convolution", "DepthwiseConvolution", "nn.Conv2d"})
_MOST = 256
"""Filters that are drawn."""
_SIDE = 48


@dataclass(frozen=True, slots=True)
class FirstFilters:
    """Where the filters are found.

    Attributes:
        name: of the parameter, `layer/weight`.
        channels: order of the channels of what they see.
    """

    name: str
    channels: ChannelOrder | None


def first_filters(net: Net, channels: ChannelOrder | None) -> FirstFilters | None:
    """Return the filters of the first convolution over images; None where there is none."""
    tensors = net.named_tensors()
    for node in net.wiring.nodes:
        name = net.store.sharing.owner(node.layer.name, "weight")
        if node.layer.type in _TYPES and name in tensors and tensors[name].dim() == 4:
            return FirstFilters(name, channels)
    return None


def filters_picture(weights: npt.NDArray[np.floating], channels: ChannelOrder | None) -> Picture:
    """Draw filters: in colour where they see three channels, else each channel of each in gray. The
    smallest weight of all is black, the largest white.

    Args:
        weights: (filters, channels, height, width).
        channels: order of the channels.
    """
    shades = stretched(weights)
    if weights.shape[1] != 3:
        shades = shades.reshape(-1, 1, *weights.shape[2:])
    cells = [Cell(pixels_of(shade, channels=channels)) for shade in shades[:_MOST]]
    columns = int(np.ceil(np.sqrt(len(cells))))
    return grid(cells, columns=columns, side=_SIDE)
