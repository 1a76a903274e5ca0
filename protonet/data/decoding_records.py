"""Encoded images of any records, decoded to samples of one shape."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from protonet.data.decoding import Decoding
from protonet.data.layout import Array, Rows
from protonet.data.table import Records
from protonet.errors import UsageError


@runtime_checkable
class Decodes(Protocol):
    """Records that may hold encoded images."""

    def decode(
        self, rows: Rows, name: str, decoding: Decoding, positions: Rows, out: Array
    ) -> None:
        """Decode images into an array: `out[k]` becomes the sample of record `rows[k]`.

        Args:
            rows: record numbers, as for `gather`. Shape (N,).
            name: the field of the images.
            decoding: what is done to each.
            positions: where each stands in the run, (N,).
            out: (N, *shape) bytes, as `Decoding.decode` says.

        Raises: IndexError if a row does not exist; DataError for an image that is damaged, or of a
            size that cannot be taken; UsageError if the field has no encoded images.
        """
        ...


def decode_records(
    records: Records, rows: Rows, name: str, decoding: Decoding, positions: Rows, out: Array
) -> None:
    """Decode images of any records into an array, as `Decodes.decode` says."""
    if not isinstance(records, Decodes):
        raise UsageError(f"{records.path}: its field {name} cannot be decoded while it is read")
    records.decode(rows, name, decoding, positions, out)
