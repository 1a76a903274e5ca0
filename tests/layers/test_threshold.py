from __future__ import annotations

import torch

from protonet.layers.record import Blob
from protonet.layers.threshold import THRESHOLD
from tests.layers.building import numbers, refusal, top_of


def test_only_what_exceeds_the_bound_is_one() -> None:
    bottom = numbers(-1.0, 0.0, 0.5, 2.0)
    assert top_of(THRESHOLD, bottom).tolist() == [0, 0, 1, 1]
    assert top_of(THRESHOLD, bottom, threshold=0.5).tolist() == [0, 0, 0, 1]


def test_it_has_no_gradient() -> None:
    assert not top_of(THRESHOLD, numbers(1.0)).requires_grad


def test_refuses_whole_numbers() -> None:
    assert refusal(THRESHOLD, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
