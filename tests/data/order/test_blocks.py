"""Shuffling by chunks: all of a few chunks before any of the next."""

from __future__ import annotations

import math

import numpy as np
import pytest

from protonet.data.order import BlockOrder
from protonet.data.order.blocks import WINDOW


@pytest.mark.parametrize("per_chunk", [1, 2, 3, 7, 16, 100])
def test_every_epoch_is_a_permutation_whatever_the_count(per_chunk: int) -> None:
    for count in range(1, 120):
        for number in (0, 3, 10**9):
            positions = np.arange(number * count, (number + 1) * count)
            rows = BlockOrder(count, per_chunk, 5).rows(positions)
            assert sorted(rows.tolist()) == list(range(count))


@pytest.mark.parametrize("count", [64 * 50, 64 * 50 - 13])
def test_a_window_reads_sixteen_chunks_and_each_chunk_lies_in_one_window(count: int) -> None:
    """50 chunks of 64 records, the last one short: windows of 16, 16, 16 and 2 chunks."""
    rows = BlockOrder(count, 64, 8).rows(np.arange(count))
    seen: set[int] = set()
    windows = 0
    first = 0
    while first < count:
        chunks = set((rows[first : first + 16 * 64] // 64).tolist())
        size = sum(min(64, count - chunk * 64) for chunk in list(chunks))
        if len(chunks) > WINDOW:  # the short chunk is in it, and the next window begins earlier
            size = 16 * 64 - 13
            chunks = set((rows[first : first + size] // 64).tolist())
        assert len(chunks) == min(WINDOW, 50 - windows * WINDOW)
        assert not chunks & seen
        seen |= chunks
        windows += 1
        first += size
    assert windows == 4
    assert seen == set(range(50))


def test_within_a_window_a_batch_has_records_of_all_its_chunks() -> None:
    """256 of 1,024 records, at random: a chunk of 64 is missed with (1 - 64/1024)**256 ≈ 7e-8."""
    rows = BlockOrder(64 * 160, 64, 2).rows(np.arange(256))
    assert len(set((rows // 64).tolist())) == 16


def test_chunks_come_in_another_order_in_each_epoch() -> None:
    count = 32 * 64
    orders = BlockOrder(count, 64, 2).rows(np.arange(20 * count)).reshape(20, count)
    firsts = [frozenset((epoch[:1024] // 64).tolist()) for epoch in orders]
    assert len(set(firsts)) == 20  # of C(32, 16) = 601,080,390 possible ones


def test_the_short_chunk_comes_anywhere() -> None:
    """In 400 epochs of 4 chunks it is the first, second, … 100 times each, give or take 5 standard
    deviations of 8.7; with a window of all chunks, the first record says which window: so its
    chunks are 64, and the short one is told by the place of its window."""
    count = 64 * 32 + 5
    rows = BlockOrder(count, 32, 1).rows(np.arange(400 * count)).reshape(400, count)
    places = (rows >= 64 * 32).argmax(axis=1)
    windows = places // (16 * 32)
    times = np.bincount(windows, minlength=5)[:4]
    assert np.abs(times - 400 * 16 / 65).max() < 5 * math.sqrt(400 * 0.25 * 0.75)
