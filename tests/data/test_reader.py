"""Batches: the right records in the right order, ahead but not far, from any place on."""

from __future__ import annotations

import gc
import itertools
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from protonet.data import reader as reader_module
from protonet.data.dataset import ChunkedDataset
from protonet.data.layout import Array, Rows
from protonet.data.open import open_dataset
from protonet.data.order import ALL, Order, Share
from protonet.data.reader import Reader
from protonet.errors import DataError, UsageError
from tests.data.reading import COUNT, FIELDS, Noting, labels, reading
from tests.data.tables import FORMATS, numbered, read, write

BACKGROUND = pytest.mark.parametrize("background", [False, True], ids=["inline", "background"])


@pytest.fixture(params=FORMATS)
def dataset(request: pytest.FixtureRequest, tmp_path: Path) -> ChunkedDataset:
    return open_dataset(write(tmp_path / f"x.{request.param}", numbered(COUNT)))


def readers_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if "protonet-reader" in thread.name]


@BACKGROUND
def test_batches_are_the_datasets_records_in_order(
    dataset: ChunkedDataset, background: bool
) -> None:
    whole, order = read(dataset), Order(COUNT, True, 3)
    with reading(dataset, background=background) as reader:
        for index in range(80):  # 560 records are eleven epochs and a bit
            batch = next(reader)
            positions = np.arange(7 * index, 7 * index + 7)
            rows = order.rows(positions)
            assert (batch.index, batch.positions.tolist()) == (index, positions.tolist())
            assert {*batch.arrays} == {*FIELDS}
            assert batch.arrays["data"].dtype == torch.int32
            assert batch.arrays["label"].dtype == torch.int64
            assert np.array_equal(batch.arrays["data"].numpy(), whole["data"][rows])
            assert np.array_equal(batch.arrays["label"].numpy(), whole["label"][rows])


def test_a_batch_spans_two_epochs_or_several(dataset: ChunkedDataset) -> None:
    batches = list(itertools.islice(reading(dataset, 20, shuffle=False), 3))
    assert labels(batches[2]) == [*range(40, 50), *range(10)]
    whole = next(reading(dataset, 170, shuffle=False))
    assert labels(whole) == [*range(50), *range(50), *range(50), *range(20)]


@BACKGROUND
def test_a_pass_ends_with_a_short_batch_and_then_for_good(
    dataset: ChunkedDataset, background: bool
) -> None:
    reader = reading(dataset, shuffle=False, endless=False, background=background)
    batches = list(reader)
    assert [len(labels(batch)) for batch in batches] == [7] * 7 + [1]
    assert [label for batch in batches for label in labels(batch)] == list(range(COUNT))
    assert list(reader) == []
    assert reader.position == 8
    assert not readers_threads()


@pytest.mark.parametrize(("batch_size", "sizes"), [(50, [50]), (25, [25, 25]), (999, [50])])
def test_a_pass_has_no_empty_batch(
    dataset: ChunkedDataset, batch_size: int, sizes: list[int]
) -> None:
    batches = reading(dataset, batch_size, endless=False)
    assert [len(labels(batch)) for batch in batches] == sizes


@BACKGROUND
@pytest.mark.parametrize("start", [1, 5, 15, 16, 17, 40])
def test_a_resumed_reader_goes_on_as_if_it_had_never_stopped(
    dataset: ChunkedDataset, start: int, background: bool
) -> None:
    """Also in the middle of a block, which is 16 batches; down to the place in memory."""
    first = list(itertools.islice(reading(dataset, 5), 60))
    with reading(dataset, 5, start=start, background=background) as resumed:
        assert resumed.position == start
        for batch in first[start:]:
            again = next(resumed)
            assert again.index == batch.index
            assert np.array_equal(again.positions, batch.positions)
            for blob, array in batch.arrays.items():
                assert torch.equal(array, again.arrays[blob])
                assert array.data_ptr() % 64 == again.arrays[blob].data_ptr() % 64
        assert resumed.position == 60


def test_a_pass_that_is_resumed_ends_where_the_whole_one_does(dataset: ChunkedDataset) -> None:
    assert [labels(b) for b in reading(dataset, endless=False, start=6)] == [
        labels(b) for b in list(reading(dataset, endless=False))[6:]
    ]
    assert list(reading(dataset, endless=False, start=8)) == []
    assert list(reading(dataset, endless=False, start=99)) == []


def test_batches_of_a_block_follow_each_other_from_the_start_of_a_cache_line(
    dataset: ChunkedDataset,
) -> None:
    """5 records of 3 numbers of 4 bytes; the first block is gathered in five pieces."""
    batches = list(itertools.islice(reading(dataset, 5), 32))
    places = [batch.arrays["data"].data_ptr() for batch in batches]
    assert [place % 64 for place in places[:16]] == [60 * k % 64 for k in range(16)]
    assert places[16] % 64 == 0
    assert {*np.diff(places[16:]).tolist()} == {60}


def test_a_batch_may_be_kept_and_changed(dataset: ChunkedDataset) -> None:
    reader = reading(dataset, 5)
    first, second = next(reader), next(reader)
    kept = first.arrays["data"].clone()
    second.arrays["data"].fill_(-1)
    for _ in range(40):
        next(reader).arrays["data"].fill_(-2)
    assert torch.equal(first.arrays["data"], kept)
    assert (second.arrays["data"] == -1).all()
    assert labels(next(reading(dataset, 5))) == labels(first)


def halves(blobs: dict[str, Array], positions: Rows) -> Mapping[str, Array]:
    """Change a blob in place, make one of another type and one that is a strided view."""
    blobs["label"] += positions
    return {**blobs, "half": blobs["data"].astype(np.float32) / 2, "last": blobs["data"][:, 2:]}


@BACKGROUND
def test_the_host_transform_sees_blocks_and_positions(
    dataset: ChunkedDataset, background: bool
) -> None:
    start = 3
    plain = list(itertools.islice(reading(dataset, 5), 40))[start:]
    with reading(dataset, 5, start=start, background=background, host=halves) as reader:
        for before in plain:
            batch = next(reader)
            data = before.arrays["data"]
            assert torch.equal(
                batch.arrays["label"], before.arrays["label"] + torch.from_numpy(before.positions)
            )
            assert torch.equal(batch.arrays["half"], data / 2)
            assert torch.equal(batch.arrays["last"], data[:, 2:])
            for blob, record in (("half", 12), ("last", 4), ("label", 8), ("data", 12)):
                begun = batch.index % 16 * 5 * record  # bytes of the block before this batch
                assert batch.arrays[blob].data_ptr() % 64 == begun % 64


def gathered(noting: Noting, expected: int) -> int:
    """Wait for so many blocks, give the thread time for more, and return how many there are."""
    until = time.monotonic() + 30
    while len(noting.first) < expected and time.monotonic() < until:
        time.sleep(0.001)
    time.sleep(0.05)
    return len(noting.first)


@pytest.mark.parametrize(
    ("depth", "begun", "after_one", "after_a_block"),
    [(1, 1, 2, 6), (16, 5, 6, 6), (17, 6, 6, 7), (48, 7, 8, 8)],
)
def test_the_thread_is_ahead_by_whole_pieces_and_no_more(
    dataset: ChunkedDataset, depth: int, begun: int, after_one: int, after_a_block: int
) -> None:
    """The first block comes in pieces of 1, 2, 4, 8 batches and the one that is left."""
    noting = Noting()
    with reading(dataset, 5, background=True, host=noting, depth=depth) as reader:
        assert gathered(noting, begun) == begun
        next(reader)
        assert gathered(noting, after_one) == after_one
        for _ in range(15):
            next(reader)
        assert gathered(noting, after_a_block) == after_a_block
    assert noting.first == [0, 5, 15, 35, 75, 80, 160, 240][:after_a_block]


def test_the_first_piece_after_a_resume_is_one_batch_too(dataset: ChunkedDataset) -> None:
    noting = Noting()
    list(itertools.islice(reading(dataset, 5, host=noting, start=18), 31))
    assert noting.first == [5 * 18, 5 * 19, 5 * 21, 5 * 25, 5 * 32, 5 * 48]


def test_an_inline_reader_gathers_when_it_is_asked(dataset: ChunkedDataset) -> None:
    noting = Noting()
    reader = reading(dataset, 5, host=noting)
    assert noting.first == []
    next(reader)
    assert noting.first == [0]


def test_a_block_is_bounded_in_bytes(
    dataset: ChunkedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record is 12 + 8 bytes, a batch of 5 so 100: four fit, and the fifth begins a block; the
    first block comes in pieces of 1, 2 and 1 batches."""
    monkeypatch.setattr(reader_module, "BLOCK_BYTES", 499)
    noting = Noting()
    list(itertools.islice(reading(dataset, 5, host=noting), 9))
    assert noting.first == [0, 5, 15, 20, 40]
    noting = Noting()
    list(itertools.islice(reading(dataset, 30, host=noting), 3))  # a batch of 600 bytes
    assert noting.first == [0, 30, 60]


@BACKGROUND
def test_closing_ends_the_batches_and_the_thread(dataset: ChunkedDataset, background: bool) -> None:
    reader = reading(dataset, background=background)
    next(reader)
    assert len(readers_threads()) == background
    reader.close()
    assert not readers_threads()
    with pytest.raises(StopIteration):
        next(reader)
    reader.close()
    assert reader.position == 1


def test_a_reader_that_is_dropped_ends_its_thread(dataset: ChunkedDataset) -> None:
    reader = reading(dataset, background=True)
    next(reader)
    del reader
    gc.collect()
    assert not readers_threads()


@BACKGROUND
def test_an_error_reaches_the_consumer_once_after_the_batches_before_it(
    dataset: ChunkedDataset, background: bool
) -> None:
    def fail() -> None:
        raise DataError("x.lmdb: chunk 3 is damaged")

    reader = reading(dataset, 5, background=background, host=Noting(1, fail))
    assert next(reader).index == 0
    with pytest.raises(DataError) as caught:
        next(reader)
    assert str(caught.value) == "x.lmdb: chunk 3 is damaged"
    assert reader.position == 1
    assert list(reader) == []
    assert not readers_threads()


def test_a_damaged_chunk_stops_the_reader_with_its_name(tmp_path: Path) -> None:
    path = write(tmp_path / "x.lmdb", numbered(1000))
    content = bytearray((path / "data.mdb").read_bytes())
    content[content.index(numbered(1000)["data"].tobytes()) + 5] ^= 1
    (path / "data.mdb").write_bytes(content)
    with (
        reading(open_dataset(path), background=True) as reader,
        pytest.raises(DataError, match=r"x.lmdb: chunk 0 of field data \(records 0 to 999\) is"),
    ):
        next(reader)


@BACKGROUND
def test_waiting_is_counted_by_the_clock(
    dataset: ChunkedDataset, background: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second piece takes 100 seconds, all after the consumer has begun to wait for it."""
    now, looks = [5.0], itertools.count(1)
    waiting = threading.Event()

    def clock() -> float:
        if next(looks) == 3:  # the first two are for the first piece
            waiting.set()
        return now[0]

    def dawdle() -> None:
        waiting.wait(30)
        now[0] += 100

    monkeypatch.setattr(reader_module, "time", SimpleNamespace(perf_counter=clock))
    with reading(dataset, 5, background=background, host=Noting(1, dawdle)) as reader:
        next(reader)
        assert reader.waited == 0
        next(reader)
        assert reader.waited == 100


def test_another_order_of_blobs_and_names_is_taken(dataset: ChunkedDataset) -> None:
    fields = {"class": "label", "again": "label"}
    batch = next(Reader(dataset, 4, Order(COUNT, False), fields=fields, endless=True))
    assert list(batch.arrays) == ["class", "again"]
    assert batch.arrays["class"].tolist() == batch.arrays["again"].tolist() == [0, 1, 2, 3]
    assert batch.arrays["class"].data_ptr() != batch.arrays["again"].data_ptr()


def test_a_field_that_is_missing_is_refused_with_the_nearest(dataset: ChunkedDataset) -> None:
    with pytest.raises(UsageError) as caught:
        Reader(dataset, 4, Order(COUNT, False), fields={"data": "date"}, endless=True)
    assert str(caught.value) == f"{dataset.path}: there is no field date; did you mean data?"


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_of_nothing_is_refused(dataset: ChunkedDataset, batch_size: int) -> None:
    with pytest.raises(UsageError) as caught:
        reading(dataset, batch_size)
    assert str(caught.value) == f"batch_size is at least 1, not {batch_size}"


@BACKGROUND
@pytest.mark.parametrize("start", [0, 5, 21])
def test_processes_share_the_batches_of_one(
    dataset: ChunkedDataset, background: bool, start: int
) -> None:
    def first(share: Share = ALL) -> list[list[int]]:
        with reading(dataset, start=start, background=background, share=share) as reader:
            return [labels(next(reader)) for _ in range(40)]

    parts = zip(*(first(Share(rank, 3)) for rank in range(3)), strict=True)
    assert [sum(part, []) for part in parts] == first()


def test_processes_share_a_pass_by_whole_batches(dataset: ChunkedDataset) -> None:
    found = [
        [labels(one) for one in reading(dataset, endless=False, share=Share(rank, 3, whole=True))]
        for rank in range(3)
    ]
    whole = [labels(one) for one in reading(dataset, endless=False)]  # 8 batches, the last is short
    assert found == [whole[0::3], whole[1::3], whole[2::3]]
    few = reading(dataset, 50, endless=False, share=Share(1, 2, whole=True))
    assert list(few) == []


def test_a_part_lies_at_the_same_place_after_a_resume(dataset: ChunkedDataset) -> None:
    def places(start: int) -> list[int]:
        with reading(dataset, start=start, share=Share(1, 3)) as reader:
            return [next(reader).arrays["data"].data_ptr() % 64 for _ in range(20 - start)]

    assert places(0)[7:] == places(7)
