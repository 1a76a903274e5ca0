"""What a header says about the records, computed as they are written, however they are batched."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from protonet.data.header import Header
from protonet.data.layout import ENDS, IMAGE, Array, Column
from protonet.errors import DataError

_LABEL = "label"

_EXACT = 256
_ONES = np.ones(_EXACT, np.float32)
_LARGE = 4096
"""Bytes of a channel from which a record is summed by itself."""
_AT_ONCE = 1 << 16
"""Bytes of a channel that are summed at once: as floats, those of a picture stay in the cache."""


class Moments:
    """Mean and standard deviation of each channel; axis 0 of a record is its channel axis.

    Whole numbers of up to 16 bits are summed exactly; other types in float64, each chunk around its
    own mean (Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm, 1979).
    """

    def __init__(self) -> None:
        self._count = 0
        self._mean: npt.NDArray[np.float64] = np.zeros(0)
        self._squares: npt.NDArray[np.float64] = np.zeros(0)
        self._sum: list[int] = []
        self._sum_of_squares: list[int] = []

    def add(self, records: Array) -> None:
        """Take a chunk of records, (N, *shape)."""
        channels = records.shape[1] if records.ndim > 1 else 1
        values = records.reshape(len(records), channels, -1)  # (N, C, rest)
        if values.dtype.kind in "biu" and values.dtype.itemsize <= 2:
            self._add_exact(values)
        else:
            self._add_float(values)

    def result(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """Return mean and population standard deviation per channel, or None if not finite."""
        if self._sum:
            pairs = list(zip(self._sum, self._sum_of_squares, strict=True))
            n = self._count
            spread = [n * squares - total * total for total, squares in pairs]  # n² · variance
            return tuple(total / n for total, _ in pairs), tuple(math.sqrt(s) / n for s in spread)
        std = np.sqrt(self._squares / self._count)
        if not (np.isfinite(self._mean).all() and np.isfinite(std).all()):
            return None
        return tuple(self._mean.tolist()), tuple(std.tolist())

    def _add_exact(self, values: Array) -> None:
        totals, totals_of_squares = _exact_sums(values)
        zeros = [0] * len(totals)
        self._sum = [a + b for a, b in zip(self._sum or zeros, totals, strict=True)]
        before = self._sum_of_squares or zeros
        self._sum_of_squares = [a + b for a, b in zip(before, totals_of_squares, strict=True)]
        self._count += len(values) * values.shape[2]

    def _add_float(self, records: Array) -> None:
        added = len(records) * records.shape[2]
        with np.errstate(invalid="ignore", over="ignore"):
            values = records.astype(np.float64)
            mean = values.mean((0, 2))
            squares = np.square(values - mean[:, None]).sum((0, 2))
            if self._count == 0:
                self._mean, self._squares = np.zeros_like(mean), np.zeros_like(mean)
            total = self._count + added
            delta = mean - self._mean
            self._mean = self._mean + delta * (added / total)
            self._squares += squares + np.square(delta) * (self._count * added / total)
        self._count = total


def _exact_sums(values: Array) -> tuple[list[int], list[int]]:
    """Return the sum and the sum of squares of each channel, of whole numbers (N, C, rest)."""
    if values.dtype == np.uint8 and values.shape[2] >= _LARGE:
        sums = np.zeros((2, values.shape[1]), np.int64)
        for record in values:
            for begin in range(0, values.shape[2], _AT_ONCE):
                sums += _sums_of_bytes(record[:, begin : begin + _AT_ONCE])
        return sums[0].tolist(), sums[1].tolist()
    squares = np.square(values, dtype=np.uint16 if values.dtype == np.uint8 else np.int64)
    totals = values.sum((0, 2), dtype=np.int64).tolist()
    return totals, squares.sum((0, 2), dtype=np.int64).tolist()


def _sums_of_bytes(values: Array) -> npt.NDArray[np.int64]:
    """Return sum and sum of squares of each channel, (2, C), of (C, rest) uint8, several times as
    fast as NumPy adds integers.

    float32 is exact up to 2**24, and 256 squares of a byte stay below it: 256 · 255² = 16,646,400.
    """
    channels, size = values.shape
    whole = size // _EXACT * _EXACT
    blocks = values[:, :whole].reshape(channels, -1, _EXACT).astype(np.float32)  # (C, B, 256)
    squares = blocks[:, :, np.newaxis] @ blocks[..., np.newaxis]  # (C, B, 1, 1)
    rest = values[:, whole:].astype(np.int64)
    return np.stack(
        [
            (blocks @ _ONES).astype(np.int64).sum(1) + rest.sum(1),
            squares.astype(np.int64).sum((1, 2, 3)) + (rest * rest).sum(1),
        ]
    )


class Labels:
    """Counts the records of each class, checks that it exists, sees whether labels are sorted.

    Args:
        classes: how many there are; None where labels have no names, and so no bounds.
        where: the table, for messages.
    """

    def __init__(self, classes: int | None, where: str) -> None:
        self._classes, self._where = classes, where
        self._counts = np.zeros(classes or 0, np.int64)
        self._records = 0
        self._first: int | None = None
        self._last: int | None = None
        self._never_decrease = True

    def add(self, labels: Array) -> None:
        """Take the labels of the next records, (N,).

        Raises: DataError if one names no class.
        """
        if len(labels) == 0:
            return
        if self._classes is not None:
            self._count(labels, self._classes)
        if self._last is None:
            self._first = self._last = int(labels[0])
        rising = int(labels[0]) >= self._last and bool((labels[1:] >= labels[:-1]).all())
        self._never_decrease &= rising
        self._last = int(labels[-1])
        self._records += len(labels)

    @property
    def sorted(self) -> bool:
        """True where there are several classes and the labels never decrease."""
        return self._never_decrease and self._first != self._last

    @property
    def counts(self) -> tuple[int, ...] | None:
        """Records of each class, or None without classes."""
        return None if self._classes is None else tuple(self._counts.tolist())

    def _count(self, labels: Array, classes: int) -> None:
        strange = np.flatnonzero((labels < 0) | (labels >= classes))
        if strange.size:
            record = self._records + int(strange[0])
            raise DataError(
                f"{self._where}: record {record} has label {labels[strange[0]]}, but there are "
                f"{classes} classes: labels go from 0 to {classes - 1}"
            )
        self._counts += np.bincount(labels.astype(np.int64), minlength=classes)


class Statistics:
    """Completes a header from the records and from the chunks they are written in.

    Args:
        header: fields, classes and what else is known before.
        columns: the columns, by field name.
        where: the table, for messages.
    """

    def __init__(self, header: Header, columns: Mapping[str, Column], where: str) -> None:
        self._header = header
        self._hashes = {name: hashlib.sha256() for name in columns}
        first = header.fields[0]
        is_number = first.kind != IMAGE and first.names is None
        self._first = first.name if is_number else None
        self._moments = Moments()
        label = columns.get(_LABEL)
        counted = label is not None and label.shape == () and label.dtype.kind in "iu"
        classes = None if header.classes is None else len(header.classes)
        if classes is not None and not counted:
            raise DataError(
                f"{where}: with class names, the field label must hold one whole number "
                "for each record"
            )
        self._labels = Labels(classes, where) if counted else None

    def check(self, batch: Mapping[str, Array]) -> None:
        """Look at the labels of the next records, before any of them is written.

        Raises: DataError if a label names no class.
        """
        if self._labels is not None:
            self._labels.add(batch[_LABEL])

    def add(self, name: str, records: Array) -> None:
        """Take a column's next chunk; columns come in any order, the chunks of each in theirs."""
        if name == self._first:
            self._moments.add(records)
        self._hashes[name].update(records.reshape(-1).view(np.uint8).data)

    def complete(
        self, count: int, shapes: Mapping[str, tuple[int, ...] | None] = MappingProxyType({})
    ) -> Header:
        """Return the header of a table of `count` records.

        Args:
            count: how many there are.
            shapes: of each field of encoded images, (C, H, W); None where they differ.
        """
        fields = tuple(
            field.model_copy(update={"shape": shapes[field.name]})
            if field.name in shapes
            else field
            for field in self._header.fields
        )
        self._header = self._header.model_copy(update={"fields": fields})
        moments = None if self._first is None else self._moments.result()
        labels = self._labels
        facts: dict[str, Any] = {
            "count": count,
            "class_counts": None if labels is None else labels.counts,
            "mean": None if moments is None else moments[0],
            "std": None if moments is None else moments[1],
            "sorted_labels": labels is not None and labels.sorted,
            "content_hash": self._content_hash(count),
        }
        return self._header.model_copy(update=facts)

    def _content_hash(self, count: int) -> str:
        fields = [field.model_dump(mode="json") for field in self._header.fields]
        facts = {"fields": fields, "classes": self._header.classes, "count": count}
        whole = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
        for field in self._header.fields:
            whole.update(self._hashes[field.name].digest())
            if field.kind == IMAGE:
                whole.update(self._hashes[ENDS + field.name].digest())
        return whole.hexdigest()
