"""A stream that begins further on."""

from __future__ import annotations

import numpy as np

from protonet.data.order import Order, SkippedOrder


def test_it_begins_further_on_and_goes_on_as_the_other() -> None:
    order = SkippedOrder(Order(7, False), 5)
    assert order.count == 7
    assert order.rows(np.arange(10)).tolist() == [5, 6, 0, 1, 2, 3, 4, 5, 6, 0]
