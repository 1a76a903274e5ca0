"""A reader over small records, and a host transform that watches it, for the tests of readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from protonet.data.dataset import ChunkedDataset
from protonet.data.layout import Array, Rows
from protonet.data.order import ALL, Order, Share
from protonet.data.reader import Batch, HostTransform, Reader

COUNT = 50
"""Records of the dataset that is read: `numbered(COUNT)`."""
FIELDS = {"data": "data", "label": "label"}


def reading(
    dataset: ChunkedDataset,
    batch_size: int = 7,
    *,
    shuffle: bool = True,
    endless: bool = True,
    start: int = 0,
    background: bool = False,
    host: HostTransform | None = None,
    depth: int = 16,
    share: Share = ALL,
) -> Reader:
    return Reader(
        dataset,
        batch_size,
        Order(len(dataset), shuffle, 3),
        fields=FIELDS,
        host=host,
        endless=endless,
        start=start,
        background=background,
        depth=depth,
        share=share,
    )


def labels(batch: Batch) -> list[int]:
    return [int(label) for label in batch.arrays["label"]]


class Noting:
    """A host transform that notes which blocks were gathered, and may fail or wait at one."""

    def __init__(self, at: int = -1, act: Callable[[], None] = lambda: None) -> None:
        self.first: list[int] = []
        self._at, self._act = at, act

    def __call__(self, blobs: dict[str, Array], positions: Rows) -> Mapping[str, Array]:
        if len(self.first) == self._at:
            self._act()
        self.first.append(int(positions[0]))
        return blobs
