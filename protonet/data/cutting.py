"""Windows of images, gathered: from any records, the faster way where they have one."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from protonet.data.layout import Array, Rows
from protonet.data.table import Records
from protonet.windows.plain import Windows


@runtime_checkable
class Cuts(Protocol):
    """Records whose images can be cut as they are read."""

    def cut(self, rows: Rows, name: str, windows: Windows, out: Array) -> None:
        """Copy windows of images into an array: `out[k]` becomes that of record `rows[k]`.

        Args:
            rows: record numbers, as for `gather`. Shape (N,).
            name: the field of the images.
            windows: what is taken of each.
            out: C-contiguous, (N, C, height, width), of the field's dtype.

        Raises: IndexError if a row does not exist; DataError if a chunk is damaged.
        """
        ...


def gather_windows(records: Records, rows: Rows, name: str, windows: Windows, out: Array) -> None:
    """Copy windows of images into an array, as `Cuts.cut` says; of records that do not cut, images
    are gathered whole before."""
    if isinstance(records, Cuts):
        records.cut(rows, name, windows, out)
        return
    spec = records.header.field(name)
    shape = (spec.shape or ()) if spec else ()
    images = np.empty((len(rows), *shape), out.dtype)
    records.gather(rows, {name: images})
    windows.cut_all(images, out)
