"""Some records of a dataset, as a dataset of their own."""

from __future__ import annotations

from collections.abc import Mapping

from protonet.data.cutting import gather_windows
from protonet.data.decoding import Decoding
from protonet.data.decoding_records import decode_records
from protonet.data.layout import Array, Rows
from protonet.data.table import Records
from protonet.windows.plain import Windows


class Chosen:
    """Record k is record `rows[k]` of another dataset.

    Args:
        records: the other.
        rows: numbers of records, in any order, repeats allowed.

    Attributes:
        header: as of the other, with this count.
        path: of the other, for messages.
    """

    def __init__(self, records: Records, rows: Rows) -> None:
        self._records, self._rows, self.path = records, rows, records.path
        self.header = records.header.model_copy(update={"count": len(rows)})

    def gather(self, rows: Rows, out: Mapping[str, Array]) -> None:
        """Copy records into the given arrays, as `protonet.data.table.Records` says."""
        self._records.gather(self._rows[rows], out)

    def cut(self, rows: Rows, name: str, windows: Windows, out: Array) -> None:
        """Copy windows of images into an array, as `protonet.data.cutting.Cuts` says."""
        gather_windows(self._records, self._rows[rows], name, windows, out)

    def decode(
        self, rows: Rows, name: str, decoding: Decoding, positions: Rows, out: Array
    ) -> None:
        """Decode images into an array, as `protonet.data.decoding_records.Decodes` says."""
        decode_records(self._records, self._rows[rows], name, decoding, positions, out)
