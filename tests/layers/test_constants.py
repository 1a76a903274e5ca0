from __future__ import annotations

import torch

from protonet.layers.constants import Constants


def test_the_numbers_come_in_the_type_that_is_asked_for_and_are_made_once() -> None:
    constants = Constants((1, 2.5))
    doubles = constants.like(torch.zeros(3, dtype=torch.float64))
    assert doubles.dtype == torch.float64
    assert doubles.tolist() == [1, 2.5]
    assert constants.like(torch.zeros(1, dtype=torch.float64)) is doubles
    assert constants.like(torch.zeros(1, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_they_may_have_any_shape() -> None:
    assert Constants((1, 2), (2, 1, 1)).like(torch.zeros(1)).shape == (2, 1, 1)


def test_they_follow_the_device() -> None:
    assert Constants((1,)).like(torch.zeros(1, device="meta")).is_meta
