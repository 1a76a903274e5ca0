"""Which part of each batch a process reads."""

from __future__ import annotations

import numpy as np
import pytest

from protonet.data.order import Share
from protonet.errors import UsageError


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
