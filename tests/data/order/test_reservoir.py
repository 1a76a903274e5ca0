"""Records drawn from a reservoir."""

from __future__ import annotations

import numpy as np

from protonet.data.order import Order, ReservoirOrder
from protonet.data.reservoir import Reservoir

LABELS = np.array(([0] * 50 + [1] * 5 + [2]) * 40)
"""40 times 56 records of three classes, unevenly."""


def test_only_what_the_reservoir_keeps_at_that_time_is_drawn() -> None:
    """The same reservoir, filled one record after the other."""
    order = ReservoirOrder(Order(len(LABELS), False), LABELS, 9, seed=2)
    rows = order.rows(np.arange(1000)).tolist()
    reservoir, kept = Reservoir(9, seed=2), {}
    for position, row in enumerate(rows):
        slot = reservoir.offer(int(LABELS[position]))
        if slot is not None:
            kept[slot] = position
        assert row in kept.values()
    assert rows[0] == 0


def test_the_classes_that_are_drawn_are_as_even_as_those_that_are_kept() -> None:
    """At the end 40 records of the rarest class have come: it fills its third of 30."""
    order = ReservoirOrder(Order(len(LABELS), False), LABELS, 30, seed=2)
    drawn = LABELS[order.rows(np.arange(2 * len(LABELS)))[-2000:]]
    assert np.bincount(drawn).min() > 2000 / 3 * 0.8


def test_a_stream_of_several_epochs_is_gone_through_in_stretches() -> None:
    """Positions far apart, past the 65,536 that are gone through at once."""
    whole = ReservoirOrder(Order(len(LABELS), False), LABELS, 9, seed=2)
    rows = whole.rows(np.arange(140_000))
    some = np.array([3, 65_535, 65_536, 65_537, 139_999])
    again = ReservoirOrder(Order(len(LABELS), False), LABELS, 9, seed=2)
    assert again.rows(some).tolist() == rows[some].tolist()
    assert again.rows(np.array([70_000])).tolist() == [rows[70_000]]
