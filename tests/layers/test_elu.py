from __future__ import annotations

import math

import pytest
import torch

from protonet.layers.elu import ELU
from protonet.layers.record import Blob
from tests.layers.building import gradient, numbers, refusal, top_of


def test_positive_numbers_stay_and_negative_ones_level_off() -> None:
    top = top_of(ELU, numbers(-50.0, -1.0, 0.0, 3.0), alpha=2)

    # 2 (exp(-50) - 1), 2 (1 / e - 1), 0, 3
    assert top.tolist() == pytest.approx([-2.0, 2 / math.e - 2, 0.0, 3.0])


def test_the_gradient_at_zero_is_alpha() -> None:
    bottom = numbers(-1.0, 0.0, 3.0)
    slopes = gradient(top_of(ELU, bottom, alpha=0.5), bottom).tolist()
    assert slopes == pytest.approx([0.5 / math.e, 0.5, 1])


def test_refuses_whole_numbers() -> None:
    assert refusal(ELU, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
