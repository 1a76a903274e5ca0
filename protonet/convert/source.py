"""What every kind of input is before a pixel is decoded: images by number, and labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from protonet.convert.image import Decoded
from protonet.records import ChannelOrder

MOST_CLASSES = 100_000
"""Labels beyond this are taken for numbers rather than classes, and get no names."""


class Images(Protocol):
    """Images by number. `load` is called from several threads at once."""

    @property
    def channels(self) -> ChannelOrder:
        """What the decoded channels are."""
        ...

    def name(self, index: int) -> str:
        """Return what messages call the image."""
        ...

    def load(self, index: int) -> Decoded:
        """Read and decode one image.

        Raises: DataError if it cannot be read.
        """
        ...


@dataclass(frozen=True)
class Part:
    """What becomes one table, or is split into several.

    Args:
        images: the images.
        labels: class of each, (N,), int64, from 0.
        classes: name of each class; None where labels are no classes.
        table: name of the table; None for a dataset of one table.
        notes: what a person should know about the listing, such as files left out.
    """

    images: Images
    labels: npt.NDArray[np.int64]
    classes: tuple[str, ...] | None
    table: str | None = None
    notes: tuple[str, ...] = ()


def numbered_classes(labels: npt.NDArray[np.int64]) -> tuple[str, ...] | None:
    """Return "0", "1", … up to the largest label, or None where it is too large to be a class."""
    most = int(labels.max(initial=-1)) + 1
    return tuple(str(label) for label in range(most)) if most <= MOST_CLASSES else None
