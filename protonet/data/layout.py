"""How a table lies in a file: its names, its chunks and their checksums; the same in every format.

A table stores, under its prefix ("" for the only table, "train/" for a named one):

    protonet/header              the Header, as JSON
    protonet/layout              the Layout, as JSON
    protonet/checksums/<field>   CRC-32 of each chunk, little-endian uint32
    <field>                      the records, in chunks of about 1 MiB

Only the last differs between formats: see `protonet.data.lmdb` and `protonet.data.hdf5`. A field of
encoded images lies there as two columns: their bytes, one image after the other, and under
`protonet/ends/<field>` where each ends, int64.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)

from protonet.data.header import FieldSpec, Header, read_header
from protonet.errors import DataError, UsageError
from protonet.records import Count, Record, Size, suggestion

Array = npt.NDArray[Any]
Rows = npt.NDArray[np.int64]

CHUNK_BYTES = 1 << 20
"""What a chunk holds at most, unless a single record is larger."""

LARGEST_RECORD = (1 << 32) - 1
"""Bytes of the largest value of LMDB, and of the largest chunk of HDF5."""

CHECKSUM = np.dtype("<u4")
HEADER, LAYOUT, CHECKSUMS = "protonet/header", "protonet/layout", "protonet/checksums/"
ENDS = "protonet/ends/"
IMAGE: Final = "image"
"""The kind of a field of encoded images."""

_COUNTABLE = 1 << 62
_NAME = re.compile(r"\w[\w.-]*", re.ASCII)
_RESERVED = "protonet"
_ELEMENTS = ("bool", *(f"{sign}int{bits}" for sign in ("u", "") for bits in (8, 16, 32, 64)),
             "float16", "float32", "float64")  # fmt: skip


class Layout(Record):
    """What a reader must know before it can touch the records."""

    header_checksum: Size
    """CRC-32 of the stored header."""
    records_per_chunk: dict[str, Count]
    """Records in each chunk of a field, or bytes of one of encoded images; the last chunk holds the
    rest."""
    encoded_bytes: dict[str, Size] = Field(default_factory=dict)
    """Bytes of all images of a field of encoded ones."""

    @model_serializer(mode="wrap")
    def _plain(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what most tables have nothing to say of."""
        values: dict[str, Any] = handler(self)
        if not self.encoded_bytes:
            del values["encoded_bytes"]
        return values


@dataclass(frozen=True, slots=True)
class Column:
    """One fixed-shape field of a table, as it is stored.

    Attributes:
        name: the field.
        dtype: little-endian element type.
        shape: of one record.
        count: records in the table.
        per_chunk: records in each chunk but the last.
        unit: what a record of it is called: a record, or a byte of encoded images.
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    count: int
    per_chunk: int
    unit: str = "record"

    @property
    def record_bytes(self) -> int:
        """Bytes of one record."""
        return self.dtype.itemsize * math.prod(self.shape)

    @property
    def chunks(self) -> int:
        """Number of chunks."""
        return -(-self.count // self.per_chunk)

    def records_in(self, chunk: int) -> range:
        """Return the numbers of the records that a chunk holds."""
        first = chunk * self.per_chunk
        return range(first, min(first + self.per_chunk, self.count))

    def bytes_in(self, chunk: int) -> int:
        """Return the bytes of a chunk's records."""
        return len(self.records_in(chunk)) * self.record_bytes


@dataclass(frozen=True, slots=True)
class Table:
    """A table's description, read and checked: what is needed to map its columns.

    Attributes:
        header: the table's header.
        columns: by field name; of encoded images those of their bytes, and the ends beside them.
        checksums: of each column's chunks, uint32.
    """

    header: Header
    columns: dict[str, Column]
    checksums: dict[str, Array]


def check_name(what: str, name: str) -> None:
    """Refuse a table or field name that the formats cannot store.

    Raises: UsageError.
    """
    if not _NAME.fullmatch(name) or name == _RESERVED or len(name) > 100:
        raise UsageError(
            f'{what} name "{name}": a name is made of the letters a to z and A to Z, digits, "_", '
            '"." and "-", begins with none of the last two, has at most 100 characters, and '
            f'is not "{_RESERVED}"'
        )


def checksum(records: Array) -> int:
    """Return the CRC-32 of an array's bytes."""
    return zlib.crc32(np.ascontiguousarray(records).reshape(-1).view(np.uint8).data)


def new_columns(field: FieldSpec, where: str) -> tuple[Column, ...]:
    """Return the columns a field is written to, still without records: one, or for encoded images
    that of their bytes and that of their ends.

    Raises: UsageError if the field is of a kind, type or shape that cannot be written.
    """
    if field.kind == IMAGE:
        check_name("field", field.name)
        return _encoded_columns(field.name, 0, 0)
    return (new_column(field, where),)


def _encoded_columns(name: str, count: int, size: int) -> tuple[Column, Column]:
    ends = np.dtype("<i8")
    return (
        Column(name, np.dtype("u1"), (), size, CHUNK_BYTES, unit="byte"),
        Column(ENDS + name, ends, (), count, CHUNK_BYTES // ends.itemsize),
    )


def new_column(field: FieldSpec, where: str) -> Column:
    """Return the column a field of one shape is written to, still without records.

    Raises: UsageError if the field is of a kind, type or shape that cannot be written.
    """
    check_name("field", field.name)
    if field.kind != "fixed" or field.shape is None:
        raise UsageError(
            f'{where}: field {field.name} is of kind "{field.kind}"; this version writes only '
            'fields of kind "fixed", whose records all have one shape'
        )
    if field.dtype not in _ELEMENTS:
        raise UsageError(
            f'{where}: field {field.name} has the element type "{field.dtype}"; '
            f"{suggestion(field.dtype, _ELEMENTS)}"
        )
    column = Column(field.name, _element(field.dtype), field.shape, 0, 1)
    if not 0 < column.record_bytes <= LARGEST_RECORD:
        raise UsageError(
            f"{where}: a record of field {field.name} has shape {list(field.shape)} and so "
            f"{column.record_bytes} bytes; it can have 1 to {LARGEST_RECORD}"
        )
    return replace(column, per_chunk=max(1, CHUNK_BYTES // column.record_bytes))


def read_table(get: Callable[[str], bytes], where: str) -> Table:
    """Read and check what a table says of itself.

    Args:
        get: gives the stored bytes of a name of this module's docstring, less the prefix.
        where: the table's path, for messages.

    Raises: DataError if something is damaged or does not fit together.
    """
    stored = get(HEADER)
    header = read_header(stored, where)
    layout = _read_layout(get(LAYOUT), where)
    if zlib.crc32(stored) != layout.header_checksum:
        raise DataError(
            f"{where}: the header is damaged: its checksum is {zlib.crc32(stored):08x}, written as "
            f"{layout.header_checksum:08x}; convert the data again"
        )
    columns = {
        column.name: column
        for field in header.fields
        for column in _stored_columns(field, header, layout, where)
    }
    checksums = {}
    for name, column in columns.items():
        sums, wanted = get(CHECKSUMS + name), column.chunks * CHECKSUM.itemsize
        if len(sums) != wanted:
            raise DataError(
                f"{where}: the checksums of field {name} are {len(sums)} bytes, not {wanted}: "
                "the file is damaged; convert the data again"
            )
        checksums[name] = np.frombuffer(sums, CHECKSUM)
    return Table(header, columns, checksums)


def damaged(where: str, column: Column, chunk: int, found: int, written: int) -> DataError:
    """Return the error for a chunk whose bytes are not those that were written."""
    records = column.records_in(chunk)
    return DataError(
        f"{where}: chunk {chunk} of field {column.name} ({column.unit}s {records[0]} to "
        f"{records[-1]}) is damaged: its checksum is {found:08x}, written as {written:08x}; "
        "convert the data again, and if that does not help, check the disk"
    )


def _read_layout(stored: bytes, where: str) -> Layout:
    try:
        return Layout.model_validate_json(stored)
    except ValidationError as error:
        raise DataError(
            f"{where}: the layout of its chunks is damaged; convert the data again"
        ) from error


def _stored_columns(
    field: FieldSpec, header: Header, layout: Layout, where: str
) -> tuple[Column, ...]:
    if field.kind != IMAGE:
        return (_stored_column(field, header, layout, where),)
    size = layout.encoded_bytes.get(field.name, 0)
    columns = _encoded_columns(field.name, header.count, size)
    if any(layout.records_per_chunk.get(one.name) != one.per_chunk for one in columns):
        raise DataError(
            f"{where}: the layout of field {field.name} is damaged; convert the data again"
        )
    return columns


def _stored_column(field: FieldSpec, header: Header, layout: Layout, where: str) -> Column:
    if field.kind != "fixed" or field.shape is None or field.dtype not in _ELEMENTS:
        raise DataError(
            f'{where}: field {field.name} is of kind "{field.kind}" and element type '
            f'"{field.dtype}", which this version cannot read; upgrade protonet'
        )
    per_chunk = layout.records_per_chunk.get(field.name, 0)
    column = Column(field.name, _element(field.dtype), field.shape, header.count, per_chunk)
    if not 0 < column.record_bytes * max(1, column.count) * per_chunk < _COUNTABLE:
        raise DataError(
            f"{where}: the layout of field {field.name} is damaged; convert the data again"
        )
    return column


def _element(dtype: str) -> np.dtype[Any]:
    return np.dtype(dtype).newbyteorder("<")
