"""What every order keeps to: it is a function of the position, in its own epochs."""

from __future__ import annotations

import numpy as np
import pytest

from protonet.data.order import (
    BlockOrder,
    GroupOrder,
    MixtureOrder,
    Order,
    Ordering,
    ReservoirOrder,
    SkippedOrder,
    WeightedOrder,
    WindowOrder,
)

LABELS = np.arange(101) ** 2 % 7  # 0, 1, 2 and 4, unevenly


def orders() -> dict[str, Ordering]:
    """One of each kind over 101 records, made anew."""
    parts = (Order(60, True, 1), BlockOrder(41, 3, 2))
    _, groups = np.unique(LABELS, return_inverse=True)
    return {
        "whole": Order(101, True, 3),
        "blocks": BlockOrder(101, 2, 3),
        "windows": WindowOrder(101, 10, 3),
        "mixture": MixtureOrder(parts, (3, 1), 5),
        "groups": GroupOrder(groups, (1, 2, 1, 3), shuffle=True, seed=5),
        "weighted": WeightedOrder(LABELS.astype(float), shuffle=True, seed=5),
        "skipped": SkippedOrder(Order(101, True, 3), 17),
        "reservoir": ReservoirOrder(Order(101, False), LABELS, 12, seed=4),
    }


@pytest.mark.parametrize("name", list(orders()))
def test_an_order_is_a_function_of_the_position(name: str) -> None:
    """Whatever was asked before: all at once, from the middle as after a resume, in batches, every
    third as on one of three processes, backwards, and twice."""
    whole = orders()[name].rows(np.arange(500))
    assert orders()[name].count == 101
    assert whole.dtype == np.int64
    assert 0 <= whole.min() <= whole.max() < 101
    order = orders()[name]
    for positions in (
        np.arange(333, 500),
        np.arange(0, 500, 3),
        np.arange(499, -1, -1),
        np.array([7, 7, 350, 7]),
        np.array([], np.int64),
    ):
        assert order.rows(positions).tolist() == whole[positions].tolist()
    batches = [order.rows(np.arange(first, first + 10)) for first in range(0, 500, 10)]
    assert np.concatenate(batches).tolist() == whole.tolist()


@pytest.mark.parametrize("name", ["whole", "blocks", "windows"])
def test_every_record_stands_once_in_each_epoch(name: str) -> None:
    epochs = orders()[name].rows(np.arange(5 * 101)).reshape(5, 101)
    assert [sorted(epoch.tolist()) for epoch in epochs] == [list(range(101))] * 5
    assert len({tuple(epoch.tolist()) for epoch in epochs}) == 5
