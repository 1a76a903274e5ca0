"""Shuffling within a distance, as a shuffle buffer does."""

from __future__ import annotations

import numpy as np
import pytest

from protonet.data.order import WindowOrder


@pytest.mark.parametrize("reach", [2, 3, 4, 5, 10, 37, 1000])
def test_every_epoch_is_a_permutation_and_nothing_moves_further(reach: int) -> None:
    for count in (*range(1, 60), 500):
        for number in (0, 1, 10**9):
            positions = np.arange(number * count, (number + 1) * count)
            rows = WindowOrder(count, reach, 5).rows(positions)
            assert sorted(rows.tolist()) == list(range(count))
            assert np.abs(rows - np.arange(count)).max() <= reach


def test_the_whole_reach_is_used_in_both_directions() -> None:
    """Windows of n = 67: 66 places in one pass, 34 more in the other.

    Of a window's width, a pass moves a record by the difference of two uniform numbers: variance
    1/6. A record that comes to lie at x from the middle of its window (-1/2 to 1/2) was moved by x
    on average, and is moved by sign(x)/2 - x in the other pass, in which the border lies in the
    middle: covariance E|x|/2 - E x² = 1/8 - 1/12. Together 2/6 + 2/24 = 5/12.
    """
    rows = WindowOrder(200_000, 100, 1).rows(np.arange(200_000))
    moved = rows - np.arange(200_000)
    assert 97 <= moved.max() <= 100
    assert -100 <= moved.min() <= -97
    assert moved.std() == pytest.approx(67 * np.sqrt(5 / 12), rel=0.01)


def test_no_place_is_a_border_that_records_do_not_cross() -> None:
    """Of some 10 positions around every place, records move over it in both directions."""
    rows = WindowOrder(5000, 40, 3).rows(np.arange(5000))
    for border in range(50, 4950):
        before = rows[border - 40 : border]
        assert (before >= border).any()


def test_a_reach_of_all_records_is_a_full_shuffle() -> None:
    """The mean distance of two random places is a third of the length."""
    rows = WindowOrder(60_000, 60_000, 1).rows(np.arange(60_000))
    assert abs(np.abs(np.diff(rows)).mean() / 60_000 - 1 / 3) < 0.01


def test_epochs_and_seeds_differ() -> None:
    orders = {
        tuple(WindowOrder(100, 10, seed).rows(np.arange(100 * at, 100 * at + 100)).tolist())
        for seed in (0, 1, -1)
        for at in range(20)
    }
    assert len(orders) == 60
