"""The order of reading: every record once in each epoch, differently each time, from no state."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from protonet.data.order import Order


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


@pytest.mark.parametrize("count", [0, -3, (1 << 62) + 1])
def test_a_count_without_an_order_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="an order") as caught:
        Order(count, True)
    assert str(caught.value) == f"an order needs 1 to 2**62 records, not {count}"
