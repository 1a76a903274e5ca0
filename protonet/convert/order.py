"""Which record comes where: shuffling and splitting, as pure functions of the seed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from protonet.convert.options import exact
from protonet.errors import DataError
from protonet.randomness import Words, key, random_words

Indices = npt.NDArray[np.int64]
Split = tuple[tuple[str, float], ...]


def order(count: int, seed: int | None) -> Indices:
    """Return the positions 0 to count - 1, (count,), shuffled by the seed if there is one."""
    positions = np.arange(count, dtype=np.int64)
    if seed is None:
        return positions
    return np.argsort(random_words(key(seed, "convert order"), positions), kind="stable")


def split_labels(labels: Indices, split: Split, seed: int, contents: Words) -> Indices:
    """Return the table of each record, (N,), 0 for the first of `split`.

    Within each class the records are drawn by the seed and their content, and every table gets its
    fraction of the class to within one record; what is over or short is made up in the classes
    after it, so that the tables as wholes keep their fractions too. Records of a class that have
    one content go to one table, even where its fraction suffers; and a record's place in the
    source is no part of the draw.

    Args:
        labels: class of each record, (N,).
        split: name and fraction of each table.
        seed: what the draw depends on, beside labels and contents.
        contents: a hash of what each record holds, (N,).

    Raises: DataError if a table gets no record.
    """
    tables = np.empty(len(labels), np.int64)
    drawn = random_words(key(seed, "convert split"), contents)
    by_class = np.lexsort((drawn, labels))
    _, sizes = np.unique(labels, return_counts=True)
    counts = _shares(sizes.tolist(), [exact(fraction) for _, fraction in split])
    ends = np.cumsum(counts).tolist()
    numbers = np.repeat(np.tile(np.arange(len(split)), len(sizes)), np.diff([0, *ends]))
    same = (np.diff(drawn[by_class]) == 0) & (np.diff(labels[by_class]) == 0)
    for place in np.flatnonzero(same & (np.diff(numbers) != 0)).tolist():
        while place < len(same) and same[place]:  # a content is not parted
            numbers[place + 1] = numbers[place]
            place += 1
    tables[by_class] = numbers
    _refuse_empty(np.bincount(tables, minlength=len(split)).tolist(), split)
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


def _refuse_empty(totals: list[int], split: Split) -> None:
    for (name, fraction), total in zip(split, totals, strict=True):
        if total == 0:
            raise DataError(
                f"--split: table {name} gets none of the {sum(totals)} records at a fraction of "
                f"{fraction:g}; give it a larger fraction, or more records"
            )
