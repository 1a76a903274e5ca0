from __future__ import annotations

import pytest
import torch

from protonet.errors import DataError
from protonet.layers.batch_reindex import BATCH_REINDEX
from protonet.layers.record import Blob
from tests.layers.building import build, gradient, numbers, refusal, top_of

BOTTOM = numbers([1.0, 2.0], [3.0, 4.0], [5.0, 6.0])


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.float32])
def test_samples_come_in_the_order_listed(dtype: torch.dtype) -> None:
    indices = torch.tensor([2, 0, 2, 2], dtype=dtype)
    assert top_of(BATCH_REINDEX, BOTTOM, indices).tolist() == [[5, 6], [1, 2], [5, 6], [5, 6]]


def test_the_gradients_of_a_sample_add_up() -> None:
    top = top_of(BATCH_REINDEX, BOTTOM, torch.tensor([2, 0, 2]))
    assert gradient(top, BOTTOM).tolist() == [[1, 1], [0, 0], [2, 2]]


@pytest.mark.parametrize("wrong", [3, -1])
def test_refuses_a_sample_that_does_not_exist(wrong: int) -> None:
    indices = torch.tensor([0, wrong])
    module = build(BATCH_REINDEX, BOTTOM, indices)
    with pytest.raises(DataError) as caught:
        module(BOTTOM, indices)
    assert str(caught.value) == f"index {wrong} is outside the 3 samples (0 to 2)"


def test_refuses_a_list_of_several_axes() -> None:
    assert refusal(BATCH_REINDEX, Blob((4, 3)), Blob((2, 1))) == (
        "bottom 1 of shape (2, 1) is no list of samples",
        "it has one axis: (K)",
    )


def test_refuses_a_single_number() -> None:
    assert refusal(BATCH_REINDEX, Blob(()), Blob((2,))) == (
        "bottom 0 is a single number, without an axis of samples",
        "bottom 1 lists samples of bottom 0",
    )
