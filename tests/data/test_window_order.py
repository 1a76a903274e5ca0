"""Which window stands where."""

from __future__ import annotations

import numpy as np

from protonet.data.order import Share
from protonet.data.window_order import DrawnWindows, foreground_of

ORDER = DrawnWindows(100, 8, 2, 30, 50, mirror=True, seed=3)
"""Batches of 6 of 30 background windows, and 2 of 50 foreground ones."""


def test_each_batch_has_its_foreground_behind_its_background() -> None:
    rows = ORDER.rows(np.arange(800)).reshape(100, 8) % 80
    assert (rows[:, :6] < 30).all()
    assert (rows[:, 6:] >= 30).all()
    assert set(rows[:, :6].reshape(-1).tolist()) == set(range(30))
    assert len(set(rows[:, 6:].reshape(-1).tolist())) > 45  # of 50, in 200 draws


def test_every_window_is_drawn_as_often_and_half_of_them_are_turned() -> None:
    rows = ORDER.rows(np.arange(80_000))
    turned = rows // 80
    assert set(turned.tolist()) == {0, 1}
    assert abs(turned.mean() - 0.5) < 0.01
    counts = np.bincount(rows % 80, minlength=80)
    assert abs(counts[:30] / 2000 - 1).max() < 0.1  # 60,000 of 30
    assert abs(counts[30:] / 400 - 1).max() < 0.2  # 20,000 of 50


def test_the_same_positions_give_the_same_windows_for_any_number_of_processes() -> None:
    whole = ORDER.rows(np.arange(64))
    for count in (2, 3):
        parts = [
            ORDER.rows(Share(rank, count).positions(index, 8))
            for index in range(8)
            for rank in range(count)
        ]
        assert np.concatenate(parts).tolist() == whole.tolist()


def test_another_seed_draws_others_and_without_mirror_nothing_is_turned() -> None:
    positions = np.arange(400)
    other = DrawnWindows(100, 8, 2, 30, 50, seed=4).rows(positions)
    assert (other < 80).all()
    assert (other != ORDER.rows(positions) % 80).mean() > 0.9


def test_only_one_kind_may_be_drawn() -> None:
    assert (DrawnWindows(4, 4, 4, 0, 5).rows(np.arange(40)) < 5).all()
    assert (DrawnWindows(4, 4, 0, 5, 0).rows(np.arange(40)) < 5).all()


def test_the_foreground_is_rounded_down_in_float32() -> None:
    assert [foreground_of(size, 0.25) for size in (1, 4, 7, 128)] == [0, 1, 1, 32]
    assert foreground_of(10, 0.3) == 3
    assert foreground_of(100, 0.29) == 29  # in float64 28.999999999999996
    assert foreground_of(5, 1.0) == 5
