"""Records come in batches of any size and leave in full chunks; what does not fit is refused."""

from __future__ import annotations

import threading
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np
import pytest

from protonet.data import layout
from protonet.data.encoded_images import EncodedImages
from protonet.data.header import FieldSpec, Header, read_header
from protonet.data.layout import IMAGE, Array, Column
from protonet.data.writer import TableWriter
from protonet.errors import DataError, UsageError
from tests.data.tables import fields_of, numbered


class Memory:
    """A store that keeps in memory what it is given."""

    def __init__(self) -> None:
        self.columns: dict[str, Column] = {}
        self.chunks: dict[str, list[Array]] = {}
        self.values: dict[str, str | list[int]] = {}

    def begin(self, name: str, column: Column) -> None:
        self.columns[name], self.chunks[name] = column, []

    def chunk(self, name: str, index: int, records: Array) -> None:
        assert index == len(self.chunks[name])
        self.chunks[name].append(records.copy())

    def put(self, name: str, value: str | Array) -> None:
        self.values[name] = value if isinstance(value, str) else value.tolist()

    def finish(self) -> None: ...

    def release(self) -> None: ...


@pytest.fixture
def store() -> Memory:
    return Memory()


def writer_of(
    store: Memory,
    columns: dict[str, Array],
    classes: tuple[str, ...] | None = None,
    aside: Executor | None = None,
) -> TableWriter:
    header = Header(fields=fields_of(columns), count=0, classes=classes, content_hash="0")
    return TableWriter(store, "train/", header, "x.lmdb/train", aside)


@pytest.mark.parametrize("sizes", [[7], [1] * 7, [0, 2, 0, 5], [4, 3], [3, 3, 1], [6, 1]])
def test_chunks_are_the_same_however_records_come(
    store: Memory, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "CHUNK_BYTES", 40)  # 3 records of 12 bytes, 5 of 8
    records = numbered(7)
    writer = writer_of(store, records)
    done = 0
    for size in sizes:
        writer.write({name: column[done : done + size] for name, column in records.items()})
        done += size
        assert writer.count == done
    writer.finish()
    assert [chunk.tolist() for chunk in store.chunks["train/data"]] == [
        records["data"][:3].tolist(),
        records["data"][3:6].tolist(),
        records["data"][6:].tolist(),
    ]
    assert [chunk.tolist() for chunk in store.chunks["train/label"]] == [
        [0, 1, 2, 3, 4],
        [5, 6],
    ]
    header = store.values["train/protonet/header"]
    assert isinstance(header, str)
    assert read_header(header, "x").count == 7
    assert len(store.values["train/protonet/checksums/data"]) == 3
    assert [*store.values] == [
        "train/protonet/header",
        "train/protonet/layout",
        "train/protonet/checksums/data",
        "train/protonet/checksums/label",
    ]


@pytest.mark.parametrize("cuts", [[7], [1] * 7, [0, 3, 4], [6, 1]])
def test_bytes_of_images_are_cut_where_chunks_end(
    store: Memory, cuts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Images of less than a chunk of 8 bytes, of none, of just one, and of several."""
    monkeypatch.setattr(layout, "CHUNK_BYTES", 8)
    data = [b"abcd", b"", b"efghijklmnopqrstuvw", b"x", b"ABCDEFGH", b"IJKLMNOP", b"Q"]
    field = FieldSpec(name="data", dtype="uint8", shape=None, kind=IMAGE)
    writer = TableWriter(store, "", Header(fields=(field,), count=0, content_hash="0"), "x.lmdb")
    done = 0
    for count in cuts:
        some = data[done : done + count]
        writer.write({"data": EncodedImages(some, [(3, 1, 1)] * count)})
        done += count
    writer.finish()
    assert [chunk.tobytes() for chunk in store.chunks["data"]] == [
        b"abcdefgh", b"ijklmnop", b"qrstuvwx", b"ABCDEFGH", b"IJKLMNOP", b"Q"
    ]  # fmt: skip
    ends = np.concatenate(store.chunks["protonet/ends/data"])
    assert ends.tolist() == [4, 4, 23, 24, 32, 40, 41]


def test_a_batch_may_be_any_view_and_either_byte_order(store: Memory) -> None:
    records = numbered(6)
    writer = writer_of(store, records)
    backwards = {name: column[::-1] for name, column in records.items()}
    writer.write({name: column[::2] for name, column in backwards.items()})
    writer.write({name: column.astype(column.dtype.newbyteorder(">"))
                  for name, column in records.items()})  # fmt: skip
    writer.finish()
    (chunk,) = store.chunks["train/data"]
    assert chunk.dtype == np.dtype("<i4")
    assert chunk[:, 0].tolist() == [50, 30, 10, 0, 10, 20, 30, 40, 50]


def test_a_batch_is_copied(store: Memory) -> None:
    records = numbered(2)
    writer = writer_of(store, records)
    writer.write(records)
    records["data"][...] = 99
    writer.finish()
    assert store.chunks["train/data"][0].tolist() == [[0, 1, 2], [10, 11, 12]]


REFUSED: dict[str, tuple[dict[str, Array], str]] = {
    "a field missing": (
        {"data": np.zeros((2, 3), np.int32)},
        "the fields are data, label; given are data",
    ),
    "a field too many": (
        {**numbered(2), "weight": np.zeros(2)},
        "the fields are data, label; given are data, label, weight",
    ),
    "another type": (
        {**numbered(2), "label": np.zeros(2, np.int32)},
        "field label takes int64 of shape [2]; given is int32 of shape [2]",
    ),
    "another shape": (
        {**numbered(2), "data": np.zeros((2, 4), np.int32)},
        "field data takes int32 of shape [2, 3]; given is int32 of shape [2, 4]",
    ),
    "fewer labels": (
        {**numbered(2), "label": np.zeros(1, np.int64)},
        "field label takes int64 of shape [2]; given is int64 of shape [1]",
    ),
    "one record without its axis": (
        {"data": np.zeros(3, np.int32), "label": np.array(1)},
        "field data takes int32 of shape [3, 3]; given is int32 of shape [3]",
    ),
    "no axis at all": (
        {"data": np.array(1, np.int32), "label": np.array(1)},
        "field data takes int32 of shape [0, 3]; given is int32 of shape []",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_batch_that_does_not_fit_is_refused_whole(store: Memory, what: str) -> None:
    batch, why = REFUSED[what]
    writer = writer_of(store, numbered(1))
    with pytest.raises(UsageError) as caught:
        writer.write(batch)
    assert str(caught.value) == f"x.lmdb/train: {why}"
    assert writer.count == 0


def test_a_label_outside_the_classes_is_refused_at_once(store: Memory) -> None:
    writer = writer_of(store, numbered(1), ("cat", "dog"))
    writer.write({"data": np.zeros((3, 3), np.int32), "label": np.array([0, 1, 1])})
    with pytest.raises(DataError) as caught:
        writer.write({"data": np.zeros((2, 3), np.int32), "label": np.array([0, 2])})
    assert str(caught.value) == (
        "x.lmdb/train: record 4 has label 2, but there are 2 classes: labels go from 0 to 1"
    )


def test_a_table_without_records_is_refused(store: Memory) -> None:
    writer = writer_of(store, numbered(1))
    writer.write(numbered(0))
    with pytest.raises(DataError) as caught:
        writer.finish()
    assert str(caught.value) == "x.lmdb/train: there are no records to write"


@pytest.mark.parametrize(
    ("names", "shown"), [([], "none"), (["data", "label", "data"], "data, label, data")]
)
def test_a_table_needs_fields_of_different_names(
    store: Memory, names: list[str], shown: str
) -> None:
    fields = tuple(FieldSpec(name=name, dtype="uint8", shape=()) for name in names)
    with pytest.raises(UsageError) as caught:
        TableWriter(store, "", Header(fields=fields, count=0, content_hash="0"), "x.lmdb")
    assert str(caught.value) == (
        f"x.lmdb: a table needs fields of different names; given are {shown}"
    )
    assert store.columns == {}


def test_statistics_made_aside_are_the_same(store: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "CHUNK_BYTES", 40)
    records, other = numbered(7), Memory()
    with ThreadPoolExecutor(1) as aside:
        for where, executor in ((store, None), (other, aside)):
            writer = writer_of(where, records, aside=executor)
            for place in range(7):
                writer.write({name: one[place : place + 1] for name, one in records.items()})
            writer.finish()
    assert other.values == store.values


def test_a_chunk_is_stored_while_its_statistics_are_made_and_waits_for_them(
    store: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The statistics of the first chunk end only when that is stored."""
    stored, told = threading.Event(), []

    def chunk(name: str, index: int, records: Array) -> None:
        stored.set()

    def add(name: str, records: Array) -> None:
        assert stored.wait(30)
        told.append(name)

    monkeypatch.setattr(layout, "CHUNK_BYTES", 40)
    monkeypatch.setattr(store, "chunk", chunk)
    with ThreadPoolExecutor(1) as aside:
        writer = writer_of(store, {"data": np.zeros((10, 4), np.uint8)}, aside=aside)
        monkeypatch.setattr(writer._statistics, "add", add)
        writer.write({"data": np.zeros((10, 4), np.uint8)})
        assert told == ["data"]


@pytest.mark.parametrize("threaded", [False, True])
def test_what_goes_wrong_with_statistics_is_raised(
    store: Memory, threaded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(name: str, records: Array) -> None:
        raise MemoryError("no more")

    monkeypatch.setattr(layout, "CHUNK_BYTES", 40)
    with ThreadPoolExecutor(1) as pool:
        zeros = np.zeros((10, 4), np.uint8)
        writer = writer_of(store, {"data": zeros}, aside=pool if threaded else None)
        monkeypatch.setattr(writer._statistics, "add", add)
        with pytest.raises(MemoryError, match="^no more$"):
            writer.write({"data": zeros})
