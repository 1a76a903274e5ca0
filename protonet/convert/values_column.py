"""A field whose records are numbers, in memory or in a file, gathered as they are asked for."""

from __future__ import annotations

import numpy as np

from protonet.convert.source import Values, numbers
from protonet.data.layout import Array, Column, Rows


class ValuesColumn:
    """Gathers numbers from wherever they are.

    Args:
        name: of the field.
        values: the numbers.

    Attributes:
        column: what is gathered, as a column of the file would be stored.
    """

    def __init__(self, name: str, values: Values) -> None:
        self._values = values
        spec, count = values.spec(name), len(values)
        self.column = Column(name, np.dtype(spec.dtype), spec.shape or (), count, count)

    def gather(self, rows: Rows, out: Array) -> None:
        """Copy records `rows`, which exist, to `out`, (N, *shape).

        Raises: DataError if they cannot be read.
        """
        out[...] = numbers(self._values.take(rows))
