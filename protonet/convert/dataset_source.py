"""Our own datasets, LMDB or HDF5: as they are, or with their images made anew.

Without a change of size or colour every field is copied as it is stored, so that the records, and
the hash over them, stay the same in the other format.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from protonet.convert.array_images import in_colours
from protonet.convert.files import shown
from protonet.convert.options import ConvertOptions
from protonet.convert.source import DATA, Images, Part, Values
from protonet.data.dataset import ChunkedDataset
from protonet.data.encoded_column import EncodedColumn
from protonet.data.encoded_images import EncodedImages
from protonet.data.header import FieldSpec
from protonet.data.image import Decoded
from protonet.data.layout import Array, Rows
from protonet.data.open import open_dataset, tables_of
from protonet.errors import UsageError
from protonet.records import ChannelOrder


@dataclass(frozen=True)
class StoredValues:
    """One field of a dataset.

    Args:
        dataset: it.
        field: the field.
    """

    dataset: ChunkedDataset
    field: FieldSpec

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.dataset)

    def spec(self, name: str) -> FieldSpec:
        """Return the field as it is stored under this name."""
        return self.field.model_copy(update={"name": name})

    def take(self, rows: Rows) -> Array | EncodedImages:
        """Return the records of these numbers, (N, *shape), or as they are encoded.

        Raises: DataError if a chunk is damaged.
        """
        column = self.dataset.columns[self.field.name]
        if isinstance(column, EncodedColumn):
            data = [column.encoded(row) for row in rows.tolist()]
            return EncodedImages(data, [self.field.shape or column.shape(one) for one in data])
        out = np.empty((len(rows), *(self.field.shape or ())), self.field.dtype)
        self.dataset.gather(rows, {self.field.name: out})
        return out


@dataclass(frozen=True)
class StoredImages:
    """The images of a dataset, to be scaled or made grey.

    Args:
        values: the field, (C, H, W) uint8.
        order: of its channels.
        gray: turn colour into luma.
    """

    values: StoredValues
    order: ChannelOrder
    gray: bool

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.values)

    @property
    def channels(self) -> ChannelOrder:
        """What the channels are: what has one stays grey."""
        return "gray" if self.gray else self.order

    def name(self, index: int) -> str:
        """Return the dataset and the image's number, from 0."""
        return f"{self.values.dataset.path}, record {index}"

    def content(self, index: int) -> bytes:
        """Return the bytes of one image.

        Raises: DataError if its chunk is damaged.
        """
        return self._pixels(index).tobytes()

    def load(self, index: int) -> Decoded:
        """Return one image, (H, W, C).

        Raises: DataError if its chunk is damaged.
        """
        pixels = self._pixels(index).transpose(1, 2, 0)
        return Decoded(in_colours(pixels, self.order, gray=self.gray), pixels.shape[2] == 1)

    def _pixels(self, index: int) -> Array:
        return self.values.dataset[index][self.values.field.name]


def list_dataset(source: Path, options: ConvertOptions) -> tuple[Part, ...]:
    """List a dataset: one part for each of its tables, or one of them, `x.lmdb/train`.

    Raises: DataError if it cannot be read; UsageError if images are to be scaled or made grey, and
        it holds none.
    """
    where = shown(source)
    if not os.path.exists(source):
        return (_part(open_dataset(where), None, options),)
    names = tables_of(source)
    if names == [""]:
        return (_part(open_dataset(where), None, options),)
    only = len(names) == 1
    return tuple(
        _part(
            open_dataset(os.path.join(where, name)),
            None if only and options.split else name,
            options,
        )
        for name in names
    )


def _part(dataset: ChunkedDataset, table: str | None, options: ConvertOptions) -> Part:
    header = dataset.header
    stored = {field.name: StoredValues(dataset, field) for field in header.fields}
    values: dict[str, Values] = dict(stored)
    images: Images | None = None
    if options.resize or options.gray or options.encode:
        data = stored.get(DATA)
        if data is None or data.field.dtype != "uint8" or header.channels is None:
            raise UsageError(
                f"{dataset.path}: --resize, --gray and --encode are for images, and its field "
                f"{header.fields[0].name} is none"
            )
        images = StoredImages(data, header.channels, options.gray)
        del values[DATA]
    made_by = header.made_by if header.made_by.get("command") == "convert" else {}
    return Part(images, values, header.classes, table, channels=header.channels, made_by=made_by)
