"""Arguments that follow from the bottoms, and the number of axes that a class computes with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from protonet.errors import ShapeError
from protonet.layers.record import Blob


@dataclass(frozen=True, slots=True)
class Size:
    """Where an argument is read: the length of one axis of one bottom.

    Attributes:
        bottom: position of the bottom.
        axis: of the bottom; a negative one counts from the end.
    """

    bottom: int
    axis: int

    def __str__(self) -> str:
        where = "the last axis" if self.axis == -1 else f"axis {self.axis}"
        return f"the length of {where} of bottom {self.bottom}"

    def of(self, bottoms: Sequence[Blob]) -> int:
        """Return the length.

        Raises: ShapeError if the bottom has no such axis.
        """
        blob = bottoms[self.bottom]
        if blob.rank < (1 if self.axis < 0 else self.axis + 1):
            raise ShapeError(f"bottom {self.bottom} of shape {blob} has no axis {self.axis}")
        return blob.shape[self.axis]


_CHANNELS, _FEATURES = Size(0, 1), Size(0, -1)
_SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "in_channels": _CHANNELS,
        "num_features": _CHANNELS,
        "num_channels": _CHANNELS,
        "in_features": _FEATURES,
        "input_size": _FEATURES,
        "embed_dim": _FEATURES,
        "d_model": _FEATURES,
        "in1_features": _FEATURES,
        "in2_features": Size(1, -1),
        "kdim": Size(1, -1),
        "vdim": Size(2, -1),
    }
)
_FLEXIBLE = MappingProxyType({"normalized_shape": _FEATURES})
"""Arguments that have a default from the bottoms, and may be others."""


def follows(name: str) -> str:
    """Return in words what an argument follows from; nothing where it follows from nothing."""
    return str(_SIZES[name]) if name in _SIZES else ""


def filled(name: str, given: Any, bottoms: Sequence[Blob]) -> Any:
    """Return an argument's value, from the bottoms where it follows from them.

    Raises: ShapeError if another one was given.
    """
    if name in _FLEXIBLE:
        return _FLEXIBLE[name].of(bottoms) if given is None else given
    if name not in _SIZES:
        return given
    size = _SIZES[name].of(bottoms)
    if given not in (None, size):
        raise ShapeError(
            f"{name} is {given}, but {_SIZES[name]} is {size}", f"leave {name} out: it follows"
        )
    return size


def is_flexible(name: str) -> bool:
    """Return whether an argument that torch requires may be left out here."""
    return name in _FLEXIBLE


def check_rank(name: str, bottoms: Sequence[Blob]) -> None:
    """Refuse a bottom whose number of axes torch would take for a sample without a batch.

    Raises: ShapeError.
    """
    found = re.search(r"([123])d$", name)
    if not found:
        return
    spatial = int(found[1])
    ranks = {spatial + 2, 2} if name == "BatchNorm1d" else {spatial + 2}
    ranks = {3} if name == "Dropout1d" else ranks
    if bottoms[0].rank not in ranks:
        axes = ", ".join(("N", "C", *"DHW"[3 - spatial :]))
        raise ShapeError(
            f"bottom 0 of shape {bottoms[0]} has {bottoms[0].rank} axes, and nn.{name} computes"
            f" with {spatial + 2}: ({axes})"
        )
