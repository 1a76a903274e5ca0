"""Which record comes where: shuffling and splitting, as pure functions of the seed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from protonet.convert.options import exact
from protonet.errors import DataError
from protonet.randomness import key, random_words

Indices = npt.NDArray[np.int64]
Split = tuple[tuple[str, float], ...]


def order(count: int, seed: int | None) -> Indices:
    """Return the positions 0 to count - 1, (count,), shuffled by the seed if there is one."""
    positions = np.arange(count, dtype=np.int64)
    if seed is None:
        return positions
    return np.argsort(random_words(key(seed, "convert order"), positions), kind="stable")


def split_labels(labels: Indices, split: Split, seed: int) -> Indices:
    """Return the table of each record, (N,), 0 for the first of `split`.

    Within each class the records are drawn by the seed, and every table gets its fraction of the
    class to within one record; what is over or short is made up in the classes after it, so that
    the tables as wholes keep their fractions too.

    Args:
        labels: class of each record, (N,).
        split: name and fraction of each table.
        seed: what the draw depends on, beside the labels.

    Raises: DataError if a table gets no record.
    """
    tables = np.empty(len(labels), np.int64)
    by_class = np.lexsort((order(len(labels), key(seed, "convert split")), labels))
    _, sizes = np.unique(labels, return_counts=True)
    counts = _shares(sizes.tolist(), [exact(fraction) for _, fraction in split])
    tables[by_class] = np.concatenate([np.repeat(np.arange(len(split)), row) for row in counts])
    _refuse_empty(counts, split)
    return tables


def _shares(sizes: list[int], fractions: list[Fraction]) -> list[list[int]]:
    """Return, for each class, how many of its records each table gets."""
    owed = [Fraction(0)] * len(fractions)
    counts = []
    for size in sizes:
        ideal = [size * fraction for fraction in fractions]
        row = [int(share) for share in ideal]
        owed = [debt + share - got for debt, share, got in zip(owed, ideal, row, strict=True)]
        for table in sorted(range(len(row)), key=lambda table: -owed[table])[: size - sum(row)]:
            row[table] += 1
            owed[table] -= 1
        counts.append(row)
    return counts


def _refuse_empty(counts: list[list[int]], split: Split) -> None:
    totals = [sum(column) for column in zip(*counts, strict=True)]
    for (name, fraction), total in zip(split, totals, strict=True):
        if total == 0:
            raise DataError(
                f"--split: table {name} gets none of the {sum(totals)} records at a fraction of "
                f"{fraction:g}; give it a larger fraction, or more records"
            )
