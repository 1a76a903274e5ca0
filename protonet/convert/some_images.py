"""Some of the images of another source, in another order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protonet.convert.source import Images
from protonet.data.image import Decoded
from protonet.records import ChannelOrder


@dataclass(frozen=True)
class SomeImages:
    """Image k is image `rows[k]` of the other.

    Args:
        images: the other.
        rows: numbers of images.
    """

    images: Images
    rows: Sequence[int]

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.rows)

    @property
    def channels(self) -> ChannelOrder:
        """What the decoded channels are."""
        return self.images.channels

    def name(self, index: int) -> str:
        """Return what messages call the image."""
        return self.images.name(self.rows[index])

    def content(self, index: int) -> bytes:
        """Return the bytes that the image is decoded from."""
        return self.images.content(self.rows[index])

    def load(self, index: int) -> Decoded:
        """Read and decode one image."""
        return self.images.load(self.rows[index])
