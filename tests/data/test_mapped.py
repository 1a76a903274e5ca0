"""A column mapped from a file: gathered right, checked at first touch, never read outside."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import numpy as np
import pytest

from protonet.data import mapped
from protonet.data.layout import CHECKSUM, Array, Column
from protonet.data.mapped import MappedColumn, check_length, map_file
from protonet.errors import DataError

COLUMN = Column("data", np.dtype("<u2"), (3,), count=11, per_chunk=4)
RECORDS = np.arange(33, dtype="<u2").reshape(11, 3)
OFFSETS = np.array([61, 7, 31])  # nowhere aligned, in no order; chunks of 24, 24 and 18 bytes


@pytest.fixture
def content() -> bytearray:
    whole = bytearray(b"\xee" * 85)
    for chunk, offset in enumerate(OFFSETS.tolist()):
        part = RECORDS[4 * chunk : 4 * chunk + 4].tobytes()
        whole[offset : offset + len(part)] = part
    return whole


def column_of(content: bytes | bytearray, column: Column = COLUMN) -> MappedColumn:
    sums = [zlib.crc32(RECORDS[first : first + 4].tobytes()) for first in (0, 4, 8)]
    return MappedColumn(
        column,
        np.frombuffer(bytes(content), np.uint8),
        OFFSETS,
        np.array(sums, CHECKSUM),
        "x.lmdb",
    )


def gathered(column: MappedColumn, rows: list[int]) -> Array:
    out = np.full((len(rows), 3), 9999, "<u2")
    column.gather(np.array(rows, np.int64), out)
    return out


@pytest.mark.parametrize(
    "rows", [[0], [10], [3, 4], [10, 0, 5, 5, 5, 9, 0], list(range(11)), list(range(10, -1, -1))]
)
@pytest.mark.parametrize("piece_bytes", [1, 13, 1 << 18], ids=["by one", "by two", "at once"])
def test_records_are_gathered_in_any_order(
    content: bytearray, rows: list[int], piece_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped, "_PIECE_BYTES", piece_bytes)
    assert np.array_equal(gathered(column_of(content), rows), RECORDS[rows])


def test_records_of_a_file_too_large_for_numpys_view_are_gathered_too(
    content: bytearray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped, "_MOST_BYTES", 0)
    rows = [10, 0, 5, 5, 9]
    assert np.array_equal(gathered(column_of(content), rows), RECORDS[rows])


def test_no_records_are_gathered_from_no_rows(content: bytearray) -> None:
    assert gathered(column_of(content), []).shape == (0, 3)


def test_a_damaged_chunk_is_met_at_its_first_touch_and_every_time(content: bytearray) -> None:
    content[OFFSETS[1]] ^= 1
    column = column_of(content)
    others = [0, 3, 8, 10]
    assert np.array_equal(gathered(column, others), RECORDS[others])
    found = zlib.crc32(bytes(content[7:31]))
    written = zlib.crc32(RECORDS[4:8].tobytes())
    for _ in range(2):
        with pytest.raises(DataError) as caught:
            gathered(column, [0, 7])
        assert str(caught.value) == (
            "x.lmdb: chunk 1 of field data (records 4 to 7) is damaged: its checksum is "
            f"{found:08x}, written as {written:08x}; convert the data again, and if that does not "
            "help, check the disk"
        )


@pytest.mark.parametrize("size", [84, 61, 1])
def test_a_chunk_outside_the_file_is_refused(content: bytearray, size: int) -> None:
    with pytest.raises(DataError) as caught:
        column_of(content[:size])
    assert str(caught.value) == (
        f"x.lmdb: chunk 0 of field data lies outside the file of {size} bytes: it is "
        "damaged; convert the data again"
    )


def test_a_chunk_before_the_file_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        MappedColumn(COLUMN, np.zeros(99, np.uint8), np.array([0, 24, -1]), np.zeros(3), "x.h5")
    assert str(caught.value) == (
        "x.h5: chunk 2 of field data lies outside the file of 99 bytes: it is damaged; "
        "convert the data again"
    )


def test_a_record_larger_than_the_file_is_refused(content: bytearray) -> None:
    large = Column("data", np.dtype("<u2"), (1 << 20,), count=3, per_chunk=1)
    with pytest.raises(DataError) as caught:
        column_of(content, large)
    assert str(caught.value) == (
        "x.lmdb: chunk 0 of field data lies outside the file of 85 bytes: it is damaged; "
        "convert the data again"
    )


def test_a_column_without_records_may_be_wider_than_the_file() -> None:
    empty = Column("data", np.dtype("<u2"), (1 << 20,), count=0, per_chunk=1)
    nothing = np.zeros(0, np.int64)
    column = MappedColumn(empty, np.zeros(9, np.uint8), nothing, nothing, "x.h5")
    column.gather(nothing, np.zeros((0, 1 << 20), "<u2"))


def test_a_mapped_file_is_its_bytes_and_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "data.mdb"
    file.write_bytes(b"\x00\x01\xff")
    array = map_file(file, "x.lmdb")
    assert array.dtype == np.uint8
    assert array.tolist() == [0, 1, 255]
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_a_file_that_became_shorter_is_refused_before_the_system_ends_the_program(
    tmp_path: Path, content: bytearray
) -> None:
    path = tmp_path / "data.mdb"
    path.write_bytes(content)
    file = map_file(path, "x.lmdb")
    column = MappedColumn(COLUMN, file, OFFSETS, np.array([0, 0, 0], CHECKSUM), "x.lmdb")
    os.truncate(path, 40)
    message = (
        "x.lmdb: the file was cut short while it was read: it had 85 bytes, and has 40; put it "
        "back, or convert the data again"
    )
    with pytest.raises(DataError) as caught:
        gathered(column, [10])
    assert str(caught.value) == message


def test_a_file_that_grew_or_went_away_is_read_on(tmp_path: Path) -> None:
    path = tmp_path / "data.mdb"
    path.write_bytes(b"abc")
    file = map_file(path, "x.lmdb")
    os.truncate(path, 9)
    check_length(file, "x.lmdb")
    path.unlink()
    check_length(file, "x.lmdb")
    check_length(np.zeros(3, np.uint8), "x.lmdb")  # in memory
    assert file.tobytes() == b"abc"


def test_a_file_that_cannot_be_mapped_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    reasons = {
        "empty": "it is empty; convert the data again",
        "missing": "No such file or directory",
        "folder": "Is a directory",
    }
    for name, why in reasons.items():
        with pytest.raises(DataError) as caught:
            map_file(tmp_path / name, "x.lmdb")
        assert str(caught.value) == f"x.lmdb: {name} cannot be read: {why}"


NUMBERS = np.arange(11, dtype="<u2")


@pytest.mark.parametrize(("start", "stop"), [(0, 11), (3, 9), (4, 8), (7, 7), (0, 0), (10, 11)])
def test_numbers_in_a_row_are_read_across_chunks(start: int, stop: int) -> None:
    whole = bytearray(b"\xee" * 40)
    offsets = np.array([31, 1, 15])  # chunks of 8, 8 and 6 bytes
    for chunk, offset in enumerate(offsets.tolist()):
        part = NUMBERS[4 * chunk : 4 * chunk + 4].tobytes()
        whole[offset : offset + len(part)] = part
    sums = [zlib.crc32(NUMBERS[first : first + 4].tobytes()) for first in (0, 4, 8)]
    column = Column("data", np.dtype("<u2"), (), count=11, per_chunk=4)
    mapped_column = MappedColumn(
        column, np.frombuffer(bytes(whole), np.uint8), offsets, np.array(sums, CHECKSUM), "x.lmdb"
    )
    assert mapped_column.span(start, stop).tolist() == NUMBERS[start:stop].tolist()
