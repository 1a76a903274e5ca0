"""A file that holds some of a dataset already."""

from __future__ import annotations

from collections.abc import Mapping

from protonet.data.layout import Array
from protonet.data.writer import Store


class KeptStore:
    """A format some chunks of which are stored already; those are not written again.

    Args:
        store: the format.
        kept: number of chunks of each column that are stored.
    """

    def __init__(self, store: Store, kept: Mapping[str, int]) -> None:
        self._store, self._kept = store, kept
        self.begin, self.put = store.begin, store.put
        self.finish, self.release = store.finish, store.release

    def chunk(self, name: str, index: int, records: Array) -> None:
        """Write a column's next chunk, if it is not stored."""
        if index >= self._kept.get(name, 0):
            self._store.chunk(name, index, records)
