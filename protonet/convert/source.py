"""What every kind of input is before it is stored: images and numbers by record, and labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from protonet.data.encoded_images import EncodedImages
from protonet.data.header import FieldSpec
from protonet.data.image import Decoded
from protonet.data.layout import Array, Rows
from protonet.records import ChannelOrder

MOST_CLASSES = 100_000
"""Labels beyond this are taken for numbers rather than classes, and get no names."""

DATA, LABEL = "data", "label"


class Images(Protocol):
    """Images by number. `load` and `content` are called from several threads at once."""

    def __len__(self) -> int:
        """Return the number of images."""
        ...

    @property
    def channels(self) -> ChannelOrder:
        """What the decoded channels are."""
        ...

    def name(self, index: int) -> str:
        """Return what messages call the image."""
        ...

    def content(self, index: int) -> bytes:
        """Return the bytes that the image is decoded from.

        Raises: DataError if they cannot be read.
        """
        ...

    def load(self, index: int) -> Decoded:
        """Read and decode one image.

        Raises: DataError if it cannot be read.
        """
        ...


class Values(Protocol):
    """A field whose records are numbers already."""

    def __len__(self) -> int:
        """Return the number of records."""
        ...

    def spec(self, name: str) -> FieldSpec:
        """Return the field as it is stored under this name."""
        ...

    def take(self, rows: Rows) -> Array | EncodedImages:
        """Return the records of these numbers, (N, *shape).

        Raises: DataError if they cannot be read.
        """
        ...


@dataclass(frozen=True)
class Held:
    """Records in memory.

    Args:
        array: (N, *shape).
        columns: name of each number of a record, where they have any.
        names: what each number stands for, where they stand for something.
    """

    array: npt.NDArray[Any]
    columns: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.array)

    def spec(self, name: str) -> FieldSpec:
        """Return the field as it is stored under this name."""
        return FieldSpec(
            name=name,
            dtype=self.array.dtype.name,
            shape=self.array.shape[1:],
            columns=self.columns,
            names=self.names,
        )

    def take(self, rows: Rows) -> Array:
        """Return the records of these numbers, (N, *shape)."""
        return self.array[rows]


@dataclass(frozen=True)
class Reject:
    """A record that cannot be stored.

    Args:
        name: what messages call it: a path, or "list.txt:17".
        why: a sentence about it, which names it.
    """

    name: str
    why: str


@dataclass(frozen=True)
class Part:
    """What becomes one table, or is split into several.

    Args:
        images: of the field `data`; None where there are no images.
        values: the other fields, by name, each of as many records.
        classes: name of each class; None where labels are no classes.
        table: name of the table; None for a dataset of one table.
        notes: what a person should know about the listing, such as files left out.
        masks: of the field `label`, where it is an image of class numbers.
        channels: of `data`, where that is an image among the values.
        rejects: what the listing found that cannot be stored; none of it is among the records.
        tabular: whether the fields were made of columns.
        made_by: how the dataset was made that the part is; empty where it is none.
    """

    images: Images | None
    values: Mapping[str, Values]
    classes: tuple[str, ...] | None
    table: str | None = None
    notes: tuple[str, ...] = ()
    masks: Images | None = None
    channels: ChannelOrder | None = None
    rejects: tuple[Reject, ...] = field(default=())
    tabular: bool = False
    made_by: Mapping[str, str] = field(default_factory=dict)

    @property
    def labels(self) -> Array:
        """All labels, (N, *shape).

        Raises: KeyError if there is no field `label`.
        """
        return numbers(self.values[LABEL].take(np.arange(len(self.values[LABEL]))))

    @property
    def strata(self) -> npt.NDArray[np.int64]:
        """The class of each record, (N,), or 0 for all where labels are no classes."""
        if LABEL in self.values:
            spec = self.values[LABEL].spec(LABEL)
            if spec.shape == () and np.dtype(spec.dtype).kind in "iu":
                return self.labels.astype(np.int64)
        return np.zeros(self.count, np.int64)

    @property
    def count(self) -> int:
        """Number of records."""
        return len(next(iter(self.values.values())) if self.images is None else self.images)

    @property
    def order(self) -> ChannelOrder | None:
        """Order of the channels of the field `data`; None where that is no image."""
        return self.channels if self.images is None else self.images.channels

    def name(self, index: int) -> str:
        """Return what messages call a record."""
        return f"record {index}" if self.images is None else self.images.name(index)


def numbers(records: Array | EncodedImages) -> Array:
    """Return records that are known to be numbers.

    Raises: TypeError if they are encoded images.
    """
    if isinstance(records, EncodedImages):
        raise TypeError("encoded images are no numbers before they are decoded")
    return records


def labelled(labels: Array) -> dict[str, Values]:
    """Return the fields of a part that has only labels, (N, *shape), beside its images."""
    return {LABEL: Held(labels)}


def numbered_classes(labels: npt.NDArray[np.int64]) -> tuple[str, ...] | None:
    """Return "0", "1", … up to the largest label, or None where it is too large to be a class."""
    most = int(labels.max(initial=-1)) + 1
    return tuple(str(label) for label in range(most)) if most <= MOST_CLASSES else None
