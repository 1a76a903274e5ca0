"""Several datasets in one stream, by weight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from protonet.data.order import MixtureOrder, Order, apportioned
from protonet.data.order.mixture import Periods


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        ([3, 1], (3, 1)),
        ([30, 10], (3, 1)),
        ([0.7, 0.3], (7, 3)),
        ([1, 0.5, 0.25], (4, 2, 1)),
        ([1, 0, 2], (1, 0, 2)),
        ([5], (1,)),
        ([1] * 20_000, (1,) * 20_000),
        # thirds of 10,000 by the largest remainder: 3,333.33… each, one left for the first
        ([0.1111111111, 0.1111111112, 0.1111111111], (3333, 3334, 3333)),
        # 0.01 and 9,999.99: the smaller one would have none
        ([1, 999_999], (1, 9999)),
        ([1e-9, 1, 0], (1, 9999, 0)),
    ],
)
def test_shares_are_exact_where_a_short_period_has_them(
    weights: Sequence[float], shares: tuple[int, ...]
) -> None:
    assert apportioned(weights) == shares


def test_every_period_has_every_kind_as_often_as_its_share() -> None:
    kinds, _ = Periods((5, 2, 0, 1), 3).draws(np.arange(8 * 1000))
    for period in kinds.reshape(1000, 8):
        assert np.bincount(period, minlength=4).tolist() == [5, 2, 0, 1]
    assert len({tuple(period.tolist()) for period in kinds.reshape(1000, 8)}) > 160  # of 168


def test_draws_of_a_kind_are_numbered_in_their_order() -> None:
    kinds, numbers = Periods((5, 2, 0, 1), 3).draws(np.arange(800))
    for kind, times in ((0, 500), (1, 200), (3, 100)):
        assert numbers[kinds == kind].tolist() == list(range(times))
    some = np.array([700, 3, 3, 555])
    found = Periods((5, 2, 0, 1), 3).draws(some)
    assert found[0].tolist() == kinds[some].tolist()
    assert found[1].tolist() == numbers[some].tolist()


def test_each_dataset_keeps_its_own_order_and_begins_again_by_itself() -> None:
    """Records 0-4 of the first come 3 times as often as 5-7, those of the second."""
    order = MixtureOrder((Order(5, False), Order(3, False)), (3, 1), 2)
    rows = order.rows(np.arange(40)).tolist()
    assert order.count == 8
    assert [row for row in rows if row < 5] == [0, 1, 2, 3, 4] * 6
    assert [row for row in rows if row >= 5] == [5, 6, 7, 5, 6, 7, 5, 6, 7, 5]


def test_a_shuffled_dataset_has_each_record_once_in_its_own_epoch() -> None:
    order = MixtureOrder((Order(50, True, 1), Order(7, True, 2)), (3, 1), 2)
    rows = order.rows(np.arange(4 * 350))
    large, small = rows[rows < 50].reshape(-1, 50), rows[rows >= 50].reshape(-1, 7)
    assert len(large) == 21
    assert len(small) == 50
    assert all(sorted(epoch.tolist()) == list(range(50)) for epoch in large)
    assert all(sorted(epoch.tolist()) == list(range(50, 57)) for epoch in small)
