"""How a table is cut into chunks, and what is refused of a table that was stored."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from protonet.data.header import FieldSpec
from protonet.data.layout import (
    Column,
    Layout,
    Table,
    check_name,
    checksum,
    damaged,
    new_column,
    new_columns,
    read_table,
)
from protonet.errors import DataError, UsageError
from tests.data.tables import TINY_ENTRIES, TINY_HEADER


def read(changes: Mapping[str, bytes]) -> Table:
    """Read TINY's table after some of its entries were changed."""
    return read_table(lambda name: {**TINY_ENTRIES, **changes}[name], "x.lmdb/train")


def with_header(text: bytes) -> dict[str, bytes]:
    """Return the entries of another header with a right checksum."""
    layout = TINY_ENTRIES["protonet/layout"].replace(b"38273363", b"%d" % zlib.crc32(text))
    return {"protonet/header": text, "protonet/layout": layout}


def with_layout(old: bytes, new: bytes) -> dict[str, bytes]:
    return {"protonet/layout": TINY_ENTRIES["protonet/layout"].replace(old, new)}


@pytest.mark.parametrize(
    "name", ["data", "a", "Z9_", "_hidden", "7", "a.b-c", "protonet2", "x" * 100]
)
def test_a_plain_name_is_taken(name: str) -> None:
    check_name("field", name)


@pytest.mark.parametrize(
    "name", ["", ".", ".data", "-data", "a/b", "a b", "Käse", "a\n", "protonet", "x" * 101]
)
def test_a_name_that_the_formats_cannot_store_is_refused(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_name("table", name)
    assert str(caught.value) == (
        f'table name "{name}": a name is made of the letters a to z and A to Z, digits, "_", "." '
        'and "-", begins with none of the last two, has at most 100 characters, and is not '
        '"protonet"'
    )


def test_the_checksum_is_the_published_crc_32() -> None:
    assert checksum(np.frombuffer(b"123456789", np.uint8)) == 0xCBF43926
    assert checksum(np.array([[1, 2], [3, 4]], "<u2")[:, 0]) == zlib.crc32(b"\1\0\3\0")


@pytest.mark.parametrize(
    ("dtype", "shape", "per_chunk"),
    [
        ("uint8", (1, 28, 28), 1337),  # 1048576 / 784 = 1337.4
        ("int64", (), 131072),  # 1048576 / 8
        ("float32", (3, 256, 256), 1),  # 1048576 / 786432 = 1.3
        ("float64", (512, 512), 1),  # a record of 2 MiB has a chunk of its own
        ("bool", (1, 1, 1, 1, 1), 1048576),
    ],
)
def test_a_chunk_holds_a_mebibyte_or_one_record(
    dtype: str, shape: tuple[int, ...], per_chunk: int
) -> None:
    column = new_column(FieldSpec(name="data", dtype=dtype, shape=shape), "x.lmdb")
    assert column == Column("data", np.dtype(dtype), shape, 0, per_chunk)


def test_the_last_chunk_holds_the_rest() -> None:
    column = Column("data", np.dtype("<f4"), (5,), count=23, per_chunk=10)
    assert (column.record_bytes, column.chunks) == (20, 3)
    assert [column.records_in(chunk) for chunk in range(3)] == [
        range(10),
        range(10, 20),
        range(20, 23),
    ]
    assert [column.bytes_in(chunk) for chunk in range(3)] == [200, 200, 60]


@pytest.mark.parametrize(
    ("field", "why"),
    [
        (
            FieldSpec(name="data", dtype="uint8", shape=None, kind="variable"),
            'field data is of kind "variable"; this version writes only fields of kind "fixed", '
            "whose records all have one shape",
        ),
        (
            FieldSpec(name="data", dtype="uint8", shape=None),
            'field data is of kind "fixed"; this version writes only fields of kind "fixed", '
            "whose records all have one shape",
        ),
        (
            FieldSpec(name="data", dtype="float23", shape=()),
            'field data has the element type "float23"; did you mean float32?',
        ),
        (
            FieldSpec(name="data", dtype="object", shape=()),
            'field data has the element type "object"; known: bool, float16, float32, float64, '
            "int16, int32, int64, int8, uint16, uint32, uint64, uint8",
        ),
        (
            FieldSpec(name="data", dtype="int16", shape=(3, 0, 2)),
            "a record of field data has shape [3, 0, 2] and so 0 bytes; "
            "it can have 1 to 4294967295",
        ),
        (
            FieldSpec(name="data", dtype="uint8", shape=(65536, 65536)),
            "a record of field data has shape [65536, 65536] and so 4294967296 bytes; "
            "it can have 1 to 4294967295",
        ),
        (
            FieldSpec(name="data", dtype="uint8", shape=(1 << 32, 1 << 32)),
            "a record of field data has shape [4294967296, 4294967296] and so "
            "18446744073709551616 bytes; it can have 1 to 4294967295",
        ),
    ],
    ids=["kind", "no shape", "misspelt type", "no such type", "no values", "large", "larger"],
)
def test_a_field_that_cannot_be_written_is_refused(field: FieldSpec, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        new_column(field, "x.lmdb")
    assert str(caught.value) == f"x.lmdb: {why}"


def test_a_table_is_read_from_its_literal_entries() -> None:
    table = read({})
    assert table.header.count == 2
    assert table.columns == {
        "data": Column("data", np.dtype("u1"), (1, 2, 3), 2, 174762),
        "label": Column("label", np.dtype("<i8"), (), 2, 131072),
    }
    assert {name: sums.tolist() for name, sums in table.checksums.items()} == {
        "data": [zlib.crc32(TINY_ENTRIES["data/00000000"])],
        "label": [zlib.crc32(TINY_ENTRIES["label/00000000"])],
    }


CHANGED = TINY_HEADER.replace(b"cat", b"rat")
REFUSED: dict[str, tuple[dict[str, bytes], str]] = {
    "a class renamed": (
        {"protonet/header": CHANGED},
        f"the header is damaged: its checksum is {zlib.crc32(CHANGED):08x}, written as "
        f"{38273363:08x}; "
        "convert the data again",
    ),
    "no JSON": (
        {"protonet/layout": b"{"},
        "the layout of its chunks is damaged; convert the data again",
    ),
    "a field without chunks": (
        with_layout(b'"data"', b'"date"'),
        "the layout of field data is damaged; convert the data again",
    ),
    "chunks of absurd size": (
        with_layout(b"174762", b"9" * 18),
        "the layout of its chunks is damaged; convert the data again",
    ),
    "an absurd count": (
        with_header(TINY_HEADER.replace(b'"count":2', b'"count":' + b"9" * 30)),
        "the layout of field data is damaged; convert the data again",
    ),
    "a record without values": (
        with_header(TINY_HEADER.replace(b"[1,2,3]", b"[1,0,3]")),
        "the layout of field data is damaged; convert the data again",
    ),
    "another number of chunks": (
        with_layout(b"131072", b"1"),
        "the checksums of field label are 4 bytes, not 8: the file is damaged; "
        "convert the data again",
    ),
    "half a checksum": (
        {"protonet/checksums/data": b"\0\0"},
        "the checksums of field data are 2 bytes, not 4: the file is damaged; "
        "convert the data again",
    ),
    "a kind of later versions": (
        with_header(TINY_HEADER.replace(b'[1,2,3],"kind":"fixed"', b'null,"kind":"variable"')),
        'field data is of kind "variable" and element type "uint8", which this version cannot '
        "read; upgrade protonet",
    ),
    "a type of later versions": (
        with_header(TINY_HEADER.replace(b"uint8", b"bfloat16")),
        'field data is of kind "fixed" and element type "bfloat16", which this version cannot '
        "read; upgrade protonet",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_table_that_does_not_fit_together_is_refused(what: str) -> None:
    changes, why = REFUSED[what]
    with pytest.raises(DataError) as caught:
        read(changes)
    assert str(caught.value) == f"x.lmdb/train: {why}"


def test_a_damaged_chunk_is_named_with_its_records() -> None:
    column = Column("data", np.dtype("<f4"), (5,), count=23, per_chunk=10)
    assert str(damaged("x.lmdb", column, 2, 0xAB, 0xCBF43926)) == (
        "x.lmdb: chunk 2 of field data (records 20 to 22) is damaged: its checksum is 000000ab, "
        "written as cbf43926; convert the data again, and if that does not help, check the disk"
    )


def test_a_damaged_chunk_of_encoded_images_is_named_with_its_bytes() -> None:
    """A chunk of them is 1 MiB wherever an image ends; its numbers are no records."""
    images = FieldSpec(name="data", dtype="uint8", shape=(3, 8, 8), kind="image")
    content, ends = (replace(one, count=1 << 21) for one in new_columns(images, "x.lmdb"))
    assert "of field data (bytes 1048576 to 2097151) is" in str(damaged("x", content, 1, 1, 2))
    assert "field protonet/ends/data (records 131072 to " in str(damaged("x", ends, 1, 1, 2))


def test_encoded_images_lie_in_two_columns() -> None:
    field = FieldSpec(name="data", dtype="uint8", shape=None, kind="image")
    assert new_columns(field, "x.lmdb") == (
        Column("data", np.dtype("u1"), (), 0, 1 << 20, unit="byte"),
        Column("protonet/ends/data", np.dtype("<i8"), (), 0, 1 << 17),
    )


def test_the_layout_of_encoded_images_is_pinned() -> None:
    layout = Layout(header_checksum=1, records_per_chunk={"data": 1}, encoded_bytes={"data": 7})
    text = '{"header_checksum":1,"records_per_chunk":{"data":1},"encoded_bytes":{"data":7}}'
    assert layout.model_dump_json() == text
    assert Layout.model_validate_json(text) == layout
