"""The order of reading: every record once in each epoch, differently each time, from no state."""

from __future__ import annotations

import math
import tracemalloc
import zlib

import numpy as np
import pytest

from protonet.data.order import Order, Share
from protonet.errors import UsageError

MASK = (1 << 64) - 1


def epoch(count: int, number: int, seed: int = 0, *, shuffle: bool = True) -> list[int]:
    positions = np.arange(number * count, (number + 1) * count)
    return [int(row) for row in Order(count, shuffle, seed).rows(positions)]


def test_unshuffled_records_come_in_the_order_of_the_dataset() -> None:
    positions = np.array([0, 1, 6, 7, 8, 20, 70])
    assert Order(7, False).rows(positions).tolist() == [0, 1, 6, 0, 1, 6, 0]


def test_every_epoch_is_a_permutation_for_every_count_to_300() -> None:
    for count in range(1, 301):
        for number in (0, 1, 10**9):
            assert sorted(epoch(count, number)) == list(range(count))


@pytest.mark.parametrize("count", [1797, 60_000, 65_536, 99_991, 1_281_167])
def test_every_epoch_is_a_permutation_for_large_counts(count: int) -> None:
    rows = Order(count, True, 7).rows(np.arange(count, 2 * count))
    assert rows.dtype == np.int64
    assert np.array_equal(np.bincount(rows, minlength=count), np.ones(count))


@pytest.mark.parametrize("count", [(1 << 40) + 1, 1 << 62])
def test_a_place_in_an_enormous_dataset_costs_no_memory(count: int) -> None:
    positions = np.arange(4096) + count // 2
    tracemalloc.start()
    rows = Order(count, True, 3).rows(positions)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20
    assert len(np.unique(rows)) == 4096
    assert 0 <= rows.min() < rows.max() < count


def test_the_order_is_a_pure_function_of_seed_and_position() -> None:
    """Whatever is asked before or beside it: a resumed run asks from the middle."""
    whole = Order(1000, True, 5).rows(np.arange(5000))
    draw = np.random.default_rng(0).permutation(5000)
    assert np.array_equal(Order(1000, True, 5).rows(draw), whole[draw])
    for start in (1, 999, 1000, 3210):
        assert np.array_equal(Order(1000, True, 5).rows(np.arange(start, 5000)), whole[start:])


def test_epochs_and_seeds_differ() -> None:
    orders = [epoch(100, number, seed) for seed in (0, 1, -1, 1 << 63) for number in range(50)]
    assert len({tuple(order) for order in orders}) == 200


def test_all_orders_of_four_records_come_about_equally_often() -> None:
    """4! = 24 orders in 24,000 epochs: 1000 each, give or take six times sqrt(1000 · 23 / 24)."""
    rows = Order(4, True).rows(np.arange(4 * 24_000)).reshape(-1, 4)
    orders, times = np.unique(rows, axis=0, return_counts=True)
    assert len(orders) == 24
    assert np.abs(times - 1000).max() < 6 * math.sqrt(1000 * 23 / 24)


def test_a_record_comes_at_every_place_about_equally_often() -> None:
    """Each of 60² pairs (record, place) in 6,000 epochs: 100 each; chi² of 59² degrees."""
    rows = Order(60, True, 9).rows(np.arange(60 * 6000)).reshape(-1, 60)
    times = np.stack([np.bincount(rows[:, place], minlength=60) for place in range(60)])
    chi = float(((times - 100) ** 2 / 100).sum())
    assert abs(chi - 59 * 59) < 5 * math.sqrt(2 * 59 * 59)  # five standard deviations


def test_neighbours_are_torn_apart() -> None:
    """Of 60,000 shuffled places, one pair each is expected to keep its neighbour in either way."""
    rows = Order(60_000, True, 1).rows(np.arange(60_000))
    steps = np.abs(np.diff(rows))
    assert (steps == 1).sum() < 12
    assert abs(steps.mean() / 60_000 - 1 / 3) < 0.01  # two random points lie a third apart


def mixed(word: int) -> int:
    """SplitMix64's finaliser as published, in whole numbers."""
    word = word + 0x9E3779B97F4A7C15 & MASK
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & MASK
    word = (word ^ word >> 27) * 0x94D049BB133111EB & MASK
    return word ^ word >> 31


def by_hand(count: int, seed: int, position: int) -> int:
    """The same order again, in whole numbers: it may not change, or no run could be resumed."""
    number, place = divmod(position, count)
    key = mixed(mixed(seed) ^ zlib.crc32(b"order"))
    word = mixed(mixed(number) ^ key)
    a = max(2, 2 * math.ceil((math.isqrt(count - 1) + 1) / 2))
    b = math.ceil(count / a)
    while True:
        right, left = divmod(place, a)
        for step in range(6):
            half, other, limit = (left, right, a) if step % 2 == 0 else (right, left, b)
            random = mixed(word + step * 0xD1B54A32D192ED03 + other & MASK)
            half = (half + ((random >> 32) * limit >> 32)) % limit
            left, right = (half, other) if step % 2 == 0 else (other, half)
        place = right * a + left
        if place < count:
            return place


@pytest.mark.parametrize("count", [1, 2, 3, 10, 257, 60_000, (1 << 45) + 7])
def test_the_order_is_the_documented_network(count: int) -> None:
    positions = [0, 1, 2, count - 1, count, 5 * count + count // 2, 12345]
    for seed in (0, 42):
        found = Order(count, True, seed).rows(np.array(positions))
        assert found.tolist() == [by_hand(count, seed, position) for position in positions]


@pytest.mark.parametrize("count", [0, -3, (1 << 62) + 1])
def test_a_count_without_an_order_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="an order") as caught:
        Order(count, True)
    assert str(caught.value) == f"an order needs 1 to 2**62 records, not {count}"


@pytest.mark.parametrize(("batch_size", "count"), [(10, 3), (8, 2), (5, 5), (7, 1)])
def test_the_parts_of_a_batch_are_the_batch(batch_size: int, count: int) -> None:
    for index in range(3):
        parts = [Share(rank, count).positions(index, batch_size) for rank in range(count)]
        whole = range(index * batch_size, (index + 1) * batch_size)
        assert np.concatenate(parts).tolist() == list(whole)
        sizes = [len(part) for part in parts]
        assert max(sizes) - min(sizes) <= 1
        assert sizes == [Share(rank, count).size(batch_size) for rank in range(count)]


def test_whole_batches_go_round_and_the_last_is_short() -> None:
    # 10 records in batches of 4: 0-3, 4-7, 8-9; two processes have them in turn
    shares = [Share(rank, 2, whole=True) for rank in range(2)]
    found = [[share.positions(index, 4, 10).tolist() for index in range(2)] for share in shares]
    assert found == [[[0, 1, 2, 3], [8, 9]], [[4, 5, 6, 7], []]]


def test_refuses_batches_that_are_too_small_for_the_processes() -> None:
    with pytest.raises(UsageError) as caught:
        Share(0, 3).size(2)
    assert str(caught.value) == (
        "batch_size 2 is too small for 3 processes, each of which gets a part of every batch; use "
        "fewer processes, or larger batches"
    )
    assert Share(0, 3, whole=True).size(2) == 2
