"""The order of an image's channels: from that of the data set to that which the net expects.

Images are reordered on the host, before the first transform, so that a transform's numbers and mean
images stand in the order of the net.
"""

from __future__ import annotations

import numpy as np

from protonet.errors import ShapeError
from protonet.records import ChannelOrder
from protonet.transforms.record import Array, HostFunction, Positions
from protonet.transforms.values import Numbers


def reorder(stored: ChannelOrder | None, wanted: ChannelOrder | None) -> HostFunction | None:
    """Return what puts the channels of stored images into the order wanted; None changes nothing.

    Args:
        stored: the order in the data set; None where it does not say.
        wanted: the order that the net expects; None takes the images as they are.

    Raises: ShapeError if no reordering leads from one to the other.
    """
    if wanted is None or stored == wanted:
        return None
    if _differ(stored, wanted):
        return _reversed
    if stored is None:
        raise ShapeError(
            f"the net expects {wanted}, and the data set does not say what its channels are",
            "leave channels out of the input, and the samples are taken as they are",
        )
    raise ShapeError(
        f"the net expects {wanted}, and the images are stored as {stored}",
        f"convert them again, {'with' if wanted == 'gray' else 'without'} --gray",
    )


def ordered(
    values: Numbers | None, stored: ChannelOrder | None, wanted: ChannelOrder | None
) -> Numbers | None:
    """Return numbers for each channel, such as a mean, in the order wanted.

    Args:
        values: one for each channel, in the order `stored`; or None.
        stored, wanted: as for `reorder`; what it refuses is given as it is.
    """
    return values[::-1] if values is not None and _differ(stored, wanted) else values


def _differ(stored: ChannelOrder | None, wanted: ChannelOrder | None) -> bool:
    return {stored, wanted} == {"RGB", "BGR"}


def _reversed(images: Array, positions: Positions) -> Array:
    """Copy (N, C, …) with its channels reversed; torch would take no view with negative steps."""
    return np.ascontiguousarray(images[:, ::-1])
