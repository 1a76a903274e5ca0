"""Records drawn by their class."""

from __future__ import annotations

import numpy as np
import pytest

from protonet.data.order import GroupOrder

GROUPS = np.array([0] * 90 + [1] * 9 + [2])
"""A class of 90 records, one of 9, one of a single record."""


def test_every_period_has_every_class_once() -> None:
    order = GroupOrder(GROUPS, (1, 1, 1), shuffle=True, seed=1)
    drawn = GROUPS[order.rows(np.arange(300))].reshape(100, 3)
    assert order.count == 100
    assert [sorted(period.tolist()) for period in drawn] == [[0, 1, 2]] * 100


def test_no_record_of_a_class_comes_twice_before_all_have_come() -> None:
    rows = GroupOrder(GROUPS, (1, 1, 1), shuffle=True, seed=1).rows(np.arange(3 * 180))
    drawn = GROUPS[rows]
    large, middle = rows[drawn == 0].reshape(2, 90), rows[drawn == 1].reshape(20, 9)
    assert [sorted(epoch.tolist()) for epoch in large] == [list(range(90))] * 2
    assert [sorted(epoch.tolist()) for epoch in middle] == [list(range(90, 99))] * 20
    assert len({tuple(epoch.tolist()) for epoch in middle}) == 20
    assert set(rows[drawn == 2].tolist()) == {99}


def test_classes_have_their_shares_and_one_of_none_is_left_out() -> None:
    rows = GroupOrder(GROUPS, (1, 3, 0), shuffle=True, seed=1).rows(np.arange(400))
    assert np.bincount(GROUPS[rows], minlength=3).tolist() == [100, 300, 0]


def test_unshuffled_classes_come_in_the_order_of_the_dataset() -> None:
    mixed = np.array([1, 0, 1, 0, 0])
    rows = GroupOrder(mixed, (1, 1), shuffle=False, seed=1).rows(np.arange(12))
    assert [row for row in rows.tolist() if mixed[row] == 0] == [1, 3, 4, 1, 3, 4]
    assert [row for row in rows.tolist() if mixed[row] == 1] == [0, 2, 0, 2, 0, 2]


@pytest.mark.parametrize("count", [100, 100_000])
def test_it_keeps_four_bytes_a_record(count: int) -> None:
    order = GroupOrder(np.arange(count) % 10, (1,) * 10, shuffle=True, seed=1)
    assert order._members.nbytes == 4 * count
