"""Records drawn by a weight of their own."""

from __future__ import annotations

import math

import numpy as np
import pytest

from protonet.data.order import WeightedOrder

WEIGHTS = np.array([1.0, 0.0, 2.5, 0.25, 0.25, 6.0])
"""They sum up to 10: of 6 draws 0.6, 0, 1.5, 0.15, 0.15 and 3.6."""


@pytest.mark.parametrize("shuffle", [True, False])
def test_in_each_epoch_a_record_comes_as_often_as_its_share_rounded(shuffle: bool) -> None:
    rows = WeightedOrder(WEIGHTS, shuffle=shuffle, seed=3).rows(np.arange(6 * 500))
    for epoch in rows.reshape(500, 6):
        times = np.bincount(epoch, minlength=6)
        for number, wanted in zip(times.tolist(), WEIGHTS * 0.6, strict=True):
            assert math.floor(wanted) <= number <= math.ceil(wanted)


def test_over_many_epochs_the_shares_are_met() -> None:
    """Of 60,000 draws in 10,000 epochs; a share s of an epoch varies by s(1 - s) at most."""
    rows = WeightedOrder(WEIGHTS, shuffle=True, seed=3).rows(np.arange(60_000))
    times = np.bincount(rows, minlength=6)
    assert np.abs(times - WEIGHTS * 6000).max() < 5 * math.sqrt(10_000 * 0.25)
    assert times[1] == 0


def test_equal_weights_draw_every_record_once() -> None:
    rows = WeightedOrder(np.full(1000, 0.1), shuffle=True, seed=3).rows(np.arange(1000, 2000))
    assert sorted(rows.tolist()) == list(range(1000))
    assert (np.abs(np.diff(rows)) == 1).sum() < 12  # shuffled: two neighbours are expected


def test_unshuffled_draws_come_in_the_order_of_the_dataset() -> None:
    rows = WeightedOrder(WEIGHTS, shuffle=False, seed=3).rows(np.arange(6))
    assert rows.tolist() == sorted(rows.tolist())


def test_a_last_record_of_weight_0_is_never_drawn() -> None:
    weights = np.array([0.1, 0.7, 0.1, 0.0])
    rows = WeightedOrder(weights, shuffle=False, seed=3).rows(np.arange(400_000))
    assert rows.max() == 2
