"""Datasets in LMDB: the literal entries both ways, and one message for each way to be broken."""

from __future__ import annotations

import os
import random
import stat
import zlib
from pathlib import Path

import lmdb
import numpy as np
import pytest

from protonet.data import layout, lmdb_pages
from protonet.data import lmdb as ours
from protonet.data.open import open_dataset
from protonet.errors import DataError
from tests.data.tables import (
    CLASSES,
    TINY,
    TINY_ENTRIES,
    flipped,
    numbered,
    read_path,
    same,
    write,
)


def entries_of(folder: Path) -> dict[str, bytes]:
    """Return what python-lmdb reads."""
    with (
        lmdb.open(str(folder), readonly=True, lock=False) as environment,
        environment.begin() as transaction,
    ):
        return {key.decode(): bytes(value) for key, value in transaction.cursor()}


def put(folder: Path, entries: dict[str, bytes]) -> Path:
    """Write entries with python-lmdb; empty bytes take one away."""
    with lmdb.open(str(folder), map_size=1 << 24) as environment:
        for key, value in entries.items():
            with environment.begin(write=True) as transaction:
                if value:
                    transaction.put(key.encode(), value)
                else:
                    transaction.delete(key.encode())
    return folder


def why(path: Path) -> str:
    """Return the message that reading all of a dataset ends with."""
    with pytest.raises(DataError) as caught:
        read_path(path)
    return str(caught.value)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write(tmp_path / "tiny.lmdb", TINY, classes=CLASSES)


def test_python_lmdb_reads_our_literal_entries(tiny: Path) -> None:
    assert os.listdir(tiny) == ["data.mdb"]
    assert entries_of(tiny) == TINY_ENTRIES


def test_the_literal_entries_written_by_python_lmdb_are_read(tmp_path: Path) -> None:
    assert same(read_path(put(tmp_path / "tiny.lmdb", dict(TINY_ENTRIES))), TINY)


def test_a_named_table_has_its_name_before_every_key(tmp_path: Path) -> None:
    write(tmp_path / "x.lmdb", TINY, classes=CLASSES, table="train")
    assert entries_of(tmp_path / "x.lmdb") == {
        f"train/{key}": value for key, value in TINY_ENTRIES.items()
    }


def test_records_lie_in_numbered_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "CHUNK_BYTES", 40)  # 3 records of 12 bytes, 5 of 8
    records = numbered(7)
    entries = entries_of(write(tmp_path / "x.lmdb", records))
    chunks = {key: value for key, value in entries.items() if "protonet" not in key}
    assert chunks == {
        "data/00000000": records["data"][:3].tobytes(),
        "data/00000001": records["data"][3:6].tobytes(),
        "data/00000002": records["data"][6:].tobytes(),
        "label/00000000": records["label"][:5].tobytes(),
        "label/00000001": records["label"][5:].tobytes(),
    }
    sums = [zlib.crc32(chunks[f"data/0000000{chunk}"]) for chunk in range(3)]
    assert entries["protonet/checksums/data"] == np.array(sums, "<u4").tobytes()
    assert same(read_path(tmp_path / "x.lmdb"), records)


def test_a_map_that_gets_full_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "_FIRST_MAP_BYTES", 1 << 16)
    records = {"data": np.arange(3 << 17, dtype=np.int64).reshape(3, -1)}  # three times 1 MiB
    assert same(read_path(write(tmp_path / "x.lmdb", records)), records)


def test_the_umask_decides_who_may_read(tmp_path: Path) -> None:
    before = os.umask(0o007)
    try:
        write(tmp_path / "x.lmdb", TINY)
    finally:
        os.umask(before)
    assert stat.filemode((tmp_path / "x.lmdb").stat().st_mode) == "drwxrwx---"
    assert stat.filemode((tmp_path / "x.lmdb" / "data.mdb").stat().st_mode) == "-rw-rw----"


def test_reading_leaves_no_trace_and_needs_no_lock(tiny: Path) -> None:
    before = (tiny / "data.mdb").stat().st_mtime_ns
    with lmdb.open(str(tiny), lock=False) as environment, environment.begin(write=True):
        assert same(read_path(tiny), TINY)
    assert os.listdir(tiny) == ["data.mdb"]
    assert (tiny / "data.mdb").stat().st_mtime_ns == before


def test_caffes_database_is_refused_with_what_to_do(tmp_path: Path) -> None:
    foreign = put(tmp_path / "caffe.lmdb", {"00000000_cat.jpg": b"\x08\x03", "00000001": b"\x08"})
    assert why(foreign) == (
        f"{foreign}: it holds no dataset of protonet's; a database of Caffe's is converted first: "
        f"protonet convert {foreign} {tmp_path}/new_caffe.lmdb"
    )


def test_a_database_without_entries_is_refused(tmp_path: Path) -> None:
    empty = put(tmp_path / "x.lmdb", {})
    assert why(empty) == (
        f"{empty}: it holds no dataset of protonet's; a database of Caffe's is converted first: "
        f"protonet convert {empty} {tmp_path}/new_x.lmdb"
    )


@pytest.mark.parametrize("name", ["data/00000000", "protonet/layout", "protonet/checksums/label"])
def test_a_missing_entry_is_named(tiny: Path, name: str) -> None:
    put(tiny, {name: b""})
    assert why(tiny) == (
        f"{tiny}: data.mdb has no entry {name}: it is damaged; convert the data again"
    )


def test_a_chunk_of_another_size_is_named(tiny: Path) -> None:
    put(tiny, {"label/00000000": bytes(15)})
    assert why(tiny) == (
        f"{tiny}: chunk 0 of field label has 15 bytes, not 16: it is damaged; "
        "convert the data again"
    )


def test_a_changed_chunk_is_found_when_it_is_read_and_not_before(tiny: Path) -> None:
    put(tiny, {"data/00000000": bytes(12)})
    with open_dataset(tiny) as dataset:
        label = np.empty(2, np.int64)
        dataset.gather(np.arange(2), {"label": label})
        assert label.tolist() == [1, 0]
    assert why(tiny) == (
        f"{tiny}: chunk 0 of field data (records 0 to 1) is damaged: its checksum is "
        f"{zlib.crc32(bytes(12)):08x}, written as {zlib.crc32(bytes(range(12))):08x}; "
        "convert the data again, and if that does not help, check the disk"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty; convert the data again"),
        (b"x", "it has only 1 bytes: it was cut short; convert the data again"),
        (
            b"SQLite format 3\0" * 999,
            "it is not an LMDB file, or its first pages are damaged; convert the data again",
        ),
    ],
    ids=["empty", "one byte", "foreign"],
)
def test_a_file_that_is_no_lmdb_is_refused(tiny: Path, content: bytes, reason: str) -> None:
    (tiny / "data.mdb").write_bytes(content)
    assert why(tiny) == f"{tiny}: data.mdb cannot be read: {reason}"


def test_a_file_cut_short_is_refused(tiny: Path) -> None:
    content = (tiny / "data.mdb").read_bytes()
    (tiny / "data.mdb").write_bytes(content[:-1])
    assert why(tiny) == (
        f"{tiny}: data.mdb cannot be read: it has {len(content) - 1} bytes of {len(content)}: "
        "it was cut short; convert the data again"
    )


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.lmdb").mkdir()
    assert why(tmp_path / "x.lmdb") == (
        f"{tmp_path}/x.lmdb: data.mdb cannot be read: No such file or directory"
    )


@pytest.mark.parametrize("chunk_bytes", [64, 1 << 20], ids=["many chunks", "one chunk"])
def test_flipped_bits_give_the_right_data_or_an_error(
    tmp_path: Path, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "CHUNK_BYTES", chunk_bytes)
    records = numbered(30)
    path = write(tmp_path / "x.lmdb", records, table="train")
    good = (path.parent / "data.mdb").read_bytes()
    draw = random.Random(chunk_bytes)
    outcomes = {"right": 0, "refused": 0}
    used = [position for position, byte in enumerate(good) if byte] + list(range(160))
    for _ in range(600):
        bad = good
        for _ in range(draw.choice([1, 1, 1, 2, 20])):
            bad = flipped(bad, draw.choice(used), draw.randrange(8))
        (path.parent / "data.mdb").write_bytes(bad)
        try:
            found = read_path(path)
        except DataError:
            outcomes["refused"] += 1
        else:
            assert same(found, records)
            outcomes["right"] += 1
    assert outcomes["refused"] > 100
    assert outcomes["right"] > 10


def test_every_length_that_a_copy_may_have_stopped_at_is_refused(tiny: Path) -> None:
    content = (tiny / "data.mdb").read_bytes()
    for size in range(0, len(content), 509):
        (tiny / "data.mdb").write_bytes(content[:size])
        with pytest.raises(DataError, match="data.mdb cannot be read: it "):
            open_dataset(tiny)


def test_opening_reads_no_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One page for each of 4 chunks would be 1 MiB each; the walk looks at the tree alone."""
    path = write(tmp_path / "x.lmdb", {"data": np.zeros((4, 1, 1 << 20), np.uint8)})
    looked = []
    page = lmdb_pages._Walk._page

    def look(walk: lmdb_pages._Walk, number: int) -> tuple[int, int, int, int]:
        looked.append(number)
        return page(walk, number)

    monkeypatch.setattr(lmdb_pages._Walk, "_page", look)
    open_dataset(path)
    assert len(looked) == 1  # the leaf; none of the pages that chunks begin on
