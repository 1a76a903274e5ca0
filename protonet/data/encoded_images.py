"""Encoded images on their way into a table: files' bytes, and the shape that each decodes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from protonet.data.layout import Array, Rows

Shape = tuple[int, ...]


@dataclass(frozen=True)
class EncodedImages:
    """Some images.

    Args:
        data: the bytes of each, a JPEG or PNG as `protonet.data.image.decode` reads it.
        shapes: what each decodes to, (C, H, W).
    """

    data: Sequence[bytes]
    shapes: Sequence[Shape]

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.data)

    def some(self, kept: Array) -> EncodedImages:
        """Return those of the images that are to be kept, (N,) truth values."""
        places = np.flatnonzero(kept).tolist()
        return EncodedImages(
            [self.data[place] for place in places], [self.shapes[place] for place in places]
        )

    def joined(self, before: int) -> tuple[Array, Rows]:
        """Return the bytes one after the other, and where each image ends, as `ends` says."""
        return np.frombuffer(b"".join(self.data), np.uint8), self.ends(before)

    def ends(self, before: int) -> Rows:
        """Return where each image ends, (N,), if they lie one after the other behind `before`
        bytes."""
        return before + np.cumsum(np.fromiter(map(len, self.data), np.int64, len(self.data)))


@dataclass
class EncodedFacts:
    """What is learnt of a field's images while they are written.

    Attributes:
        size: bytes of all.
        shape: of every image; None where there are two, or none.
    """

    size: int = 0
    shape: Shape | None = None
    _differ: bool = False

    def add(self, images: EncodedImages) -> None:
        """Take some images."""
        self.size += sum(len(one) for one in images.data)
        for shape in images.shapes:
            self._differ |= self.shape not in (None, shape)
            self.shape = None if self._differ else shape
