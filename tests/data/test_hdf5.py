"""Datasets in HDF5: the literal contents both ways, and one message for each way to be broken."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from protonet.data import layout
from protonet.data.hdf5 import UnmappedColumn
from protonet.data.mapped import MappedColumn
from protonet.data.open import open_dataset
from protonet.errors import DataError
from tests.data.tables import (
    CLASSES,
    TINY,
    TINY_ENTRIES,
    TINY_HEADER,
    flipped,
    numbered,
    read_path,
    same,
    write,
)


def why(path: Path) -> str:
    """Return the message that reading all of a dataset ends with."""
    with pytest.raises(DataError) as caught:
        read_path(path)
    return str(caught.value)


def changed(file: Path, change: Callable[[h5py.File], None]) -> Path:
    with h5py.File(file, "r+") as opened:
        change(opened)
    return file


def replaced(file: Path, name: str, **how: object) -> Path:
    """Store an array again, in another way."""

    def change(opened: h5py.File) -> None:
        values = opened[name][()]
        del opened[name]
        opened.create_dataset(name, **{"data": values, **how})

    return changed(file, change)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write(tmp_path / "tiny.h5", TINY, classes=CLASSES)


def column_type(file: Path, name: str) -> type:
    return type(open_dataset(file)._open_columns()[name])


def test_h5py_reads_our_literal_contents(tiny: Path) -> None:
    with h5py.File(tiny) as file:
        assert sorted(file) == ["data", "label", "protonet"]
        for name, wanted in TINY.items():
            assert file[name].dtype == wanted.dtype
            assert np.array_equal(file[name][()], wanted)
            crc = file[f"protonet/checksums/{name}"]
            assert (crc.dtype, crc.shape) == (np.dtype("<u4"), (1,))
            assert crc[()].tobytes() == TINY_ENTRIES[f"protonet/checksums/{name}"]
        assert file["data"].chunks == (174762, 1, 2, 3)
        assert file["label"].chunks == (131072,)
        assert file["data"].compression is None
        assert file["protonet/header"][()] == TINY_HEADER
        assert file["protonet/layout"][()] == TINY_ENTRIES["protonet/layout"]


@pytest.mark.parametrize("chunks", [(174762, 1, 2, 3), None], ids=["chunked", "contiguous"])
def test_the_literal_contents_written_by_h5py_are_read(
    tmp_path: Path, chunks: tuple[int, ...] | None
) -> None:
    with h5py.File(tmp_path / "tiny.h5", "w") as file:
        file.create_dataset("data", data=TINY["data"], chunks=chunks, maxshape=(None, 1, 2, 3)
                            if chunks else None)  # fmt: skip
        file["label"] = TINY["label"]
        for name, value in TINY_ENTRIES.items():
            if name.startswith("protonet/checksums/"):
                file[name] = np.frombuffer(value, "<u4")
            elif name.startswith("protonet/"):
                file[name] = np.bytes_(value)
    assert same(read_path(tmp_path / "tiny.h5"), TINY)
    wanted = UnmappedColumn if chunks is None else MappedColumn
    assert column_type(tmp_path / "tiny.h5", "data") is wanted


def test_a_named_table_is_a_group(tmp_path: Path) -> None:
    write(tmp_path / "x.hdf5", TINY, table="train")
    with h5py.File(tmp_path / "x.hdf5") as file:
        assert list(file) == ["train"]
        assert np.array_equal(file["train/data"][()], TINY["data"])
    assert same(read_path(tmp_path / "x.hdf5" / "train"), TINY)


def test_the_last_chunk_is_full_in_the_file_and_short_in_its_checksum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "CHUNK_BYTES", 40)  # 3 records of 12 bytes, 5 of 8
    records = numbered(7)
    write(tmp_path / "x.h5", records)
    with h5py.File(tmp_path / "x.h5") as file:
        assert file["data"].shape == (7, 3)
        stored = [file["data"].id.read_direct_chunk((first, 0))[1] for first in (0, 3, 6)]
        sums = file["protonet/checksums/data"][()].tolist()
    whole = records["data"].tobytes()
    assert stored == [whole[:36], whole[36:72], whole[72:] + bytes(24)]
    assert sums == [zlib.crc32(whole[:36]), zlib.crc32(whole[36:72]), zlib.crc32(whole[72:])]
    assert same(read_path(tmp_path / "x.h5"), records)


def test_our_chunks_are_mapped(tiny: Path) -> None:
    assert column_type(tiny, "data") is MappedColumn
    assert column_type(tiny, "label") is MappedColumn


REWRITTEN: dict[str, dict[str, object]] = {
    "compressed": {"chunks": (3, 3), "compression": "gzip"},
    "shuffled": {"chunks": (4, 2), "shuffle": True},
    "contiguous": {},
    "other chunks": {"chunks": (2, 1)},
}


@pytest.mark.parametrize("how", REWRITTEN)
def test_a_file_rewritten_by_other_tools_reads_the_same(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "CHUNK_BYTES", 40)
    records = numbered(50)
    file = replaced(write(tmp_path / "x.h5", records), "data", **REWRITTEN[how])
    assert column_type(file, "data") is UnmappedColumn
    rows = np.array([49, 0, 0, 17, 30, 2])
    out = np.empty((6, 3), np.int32)
    with open_dataset(file) as dataset:
        dataset.gather(rows, {"data": out})
    assert np.array_equal(out, records["data"][rows])
    assert same(read_path(file), records)


def test_a_damaged_chunk_is_named_also_where_it_is_compressed(tiny: Path) -> None:
    bad = TINY["data"].copy()
    bad[1, 0, 0, 0] = 99
    replaced(tiny, "data", data=bad, chunks=(1, 1, 2, 3), compression="gzip")
    assert why(tiny) == (
        f"{tiny}: chunk 0 of field data (records 0 to 1) is damaged: its checksum is "
        f"{zlib.crc32(bad.tobytes()):08x}, written as {zlib.crc32(bytes(range(12))):08x}; "
        "convert the data again, and if that does not help, check the disk"
    )


def test_a_changed_record_is_found_at_first_touch(tiny: Path) -> None:
    def change(file: h5py.File) -> None:
        file["label"][0] = 7

    changed(tiny, change)
    bad = np.array([7, 0], "<i8").tobytes()
    assert why(tiny) == (
        f"{tiny}: chunk 0 of field label (records 0 to 1) is damaged: its checksum is "
        f"{zlib.crc32(bad):08x}, written as {zlib.crc32(TINY['label'].tobytes()):08x}; "
        "convert the data again, and if that does not help, check the disk"
    )


def test_an_array_of_another_shape_is_refused(tiny: Path) -> None:
    changed(tiny, lambda file: file["data"].resize(3, axis=0))
    assert why(tiny) == (
        f"{tiny}: field data is an array of shape [3, 1, 2, 3], not [2, 1, 2, 3]; it was changed: "
        "convert the data again"
    )


def test_a_chunk_that_was_never_stored_is_refused(tiny: Path) -> None:
    def change(file: h5py.File) -> None:
        del file["label"]
        file.create_dataset("label", (2,), "<i8", chunks=(131072,), maxshape=(None,))

    changed(tiny, change)
    assert why(tiny) == (
        f"{tiny}: chunk 0 of field label lies outside the file of {tiny.stat().st_size} bytes: "
        "it is damaged; convert the data again"
    )


@pytest.mark.parametrize("name", ["label", "protonet/layout", "protonet/checksums/data"])
def test_a_missing_array_is_named(tiny: Path, name: str) -> None:
    changed(tiny, lambda file: file.__delitem__(name))
    with h5py.File(tiny) as file, pytest.raises(KeyError) as theirs:
        file[name]
    reason = theirs.value.args[0]
    assert f"object '{name.rpartition('/')[2]}' doesn't exist" in reason
    assert why(tiny) == f"{tiny}: HDF5 cannot read it: {reason}; convert the data again"


def test_a_group_in_an_arrays_place_is_refused(tiny: Path) -> None:
    def change(file: h5py.File) -> None:
        del file["label"]
        file.create_group("label")

    changed(tiny, change)
    assert why(tiny) == (
        f"{tiny}: HDF5 cannot read it: 'Group' object has no attribute 'shape'; "
        "convert the data again"
    )


def test_a_foreign_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "caffe.h5", "w") as file:
        file["data"] = np.zeros((2, 3))
    assert why(tmp_path / "caffe.h5") == (
        f"{tmp_path}/caffe.h5: it holds no dataset of protonet's; a database of Caffe's is "
        f"converted first: protonet convert {tmp_path}/caffe.h5 {tmp_path}/new_caffe.lmdb"
    )


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.h5").touch()
    assert why(tmp_path / "x.h5") == (
        f"{tmp_path}/x.h5: x.h5 cannot be read: it is empty; convert the data again"
    )


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda good: good[:1], "file signature not found"),
        (lambda good: b"SQLite format 3\0" * 999, "file signature not found"),
        (lambda good: good[:-1], "truncated file"),
    ],
    ids=["one byte", "foreign", "cut short"],
)
def test_a_file_that_hdf5_refuses_is_refused_with_its_reason(
    tiny: Path, change: Callable[[bytes], bytes], hint: str
) -> None:
    tiny.write_bytes(change(tiny.read_bytes()))
    with pytest.raises(OSError, match=hint) as theirs:
        h5py.File(tiny)
    assert why(tiny) == f"{tiny}: HDF5 cannot read it: {theirs.value}; convert the data again"


def test_flipped_bits_give_the_right_data_or_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "CHUNK_BYTES", 64)
    records = numbered(30)
    path = write(tmp_path / "x.h5", records, table="train")
    good = path.parent.read_bytes()
    draw = random.Random(1)
    outcomes = {"right": 0, "refused": 0}
    for _ in range(400):
        bad = good
        for _ in range(draw.choice([1, 1, 1, 2, 20])):
            bad = flipped(bad, draw.randrange(len(good)), draw.randrange(8))
        path.parent.unlink()  # else the map of the last one would change under its feet
        path.parent.write_bytes(bad)
        try:
            found = read_path(path)
        except DataError:
            outcomes["refused"] += 1
        else:
            assert same(found, records)
            outcomes["right"] += 1
    assert outcomes["refused"] > 100
    assert outcomes["right"] > 3
