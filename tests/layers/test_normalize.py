from __future__ import annotations

from typing import Any

import pytest
import torch

from protonet.fillers import constant
from protonet.layers.normalize import NORMALIZE, NormalizeParams
from protonet.layers.record import Blob
from tests.layers.building import build, gradient, numbers, refusal

BOTTOM = numbers([[3.0, 5.0], [4.0, 12.0]])


def normalised(weight: Any, **keys: Any) -> Any:
    """Return what a layer with these factors makes of `BOTTOM`."""
    module = build(NORMALIZE, BOTTOM, **keys)
    module.load_state_dict({"weight": torch.tensor(weight)})
    return module(BOTTOM)


def test_a_sample_gets_the_length_of_the_factor() -> None:
    top = normalised(2.0)
    assert top.norm().item() == pytest.approx(2)
    length = (9 + 25 + 16 + 144) ** 0.5
    torch.testing.assert_close(top, BOTTOM * 2 / length)


def test_each_position_may_be_normalised_over_its_channels() -> None:
    # lengths 5 and 13
    expected = torch.tensor([[[3 / 5, 5 / 13], [4 / 5, 12 / 13]]])
    torch.testing.assert_close(normalised(1.0, across_spatial=False).detach(), expected)


def test_each_channel_may_have_a_factor() -> None:
    top = normalised([1.0, 10.0], across_spatial=False, channel_shared=False)
    expected = torch.tensor([[[3 / 5, 5 / 13], [40 / 5, 120 / 13]]])
    torch.testing.assert_close(top.detach(), expected)


def test_eps_is_added_to_the_sum_of_squares() -> None:
    top = normalised(1.0, across_spatial=False, eps=11)
    expected = torch.tensor([[[3 / 6, 5 / 180**0.5], [4 / 6, 12 / 180**0.5]]])
    torch.testing.assert_close(top.detach(), expected)


def test_the_gradient_of_a_factor_is_the_sum_of_its_channel() -> None:
    module = build(NORMALIZE, BOTTOM, across_spatial=False, channel_shared=False)
    module.load_state_dict({"weight": torch.tensor([1.0, 10.0])})
    slope = gradient(module(BOTTOM), module.get_parameter("weight"))
    torch.testing.assert_close(slope, torch.tensor([3 / 5 + 5 / 13, 4 / 5 + 12 / 13]))


def test_zeros_stay_zeros() -> None:
    zeros = torch.zeros(1, 2, 3)
    assert torch.equal(build(NORMALIZE, zeros)(zeros), zeros)


def test_factors_start_at_one() -> None:
    assert NORMALIZE.fillers(NormalizeParams()) == {"weight": constant(1)}


def test_refuses_a_bottom_without_channels() -> None:
    assert refusal(NORMALIZE, Blob((2,))) == (
        "a bottom of shape (2) has no channels",
        "they are axis 1",
    )


def test_refuses_whole_numbers() -> None:
    assert refusal(NORMALIZE, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )


def test_squares_are_not_beyond_half_precision() -> None:
    bottom = torch.tensor([[300.0, 400.0]], dtype=torch.float16)
    layer = build(NORMALIZE, bottom)
    with torch.no_grad():
        next(layer.parameters()).fill_(1)
    with torch.autocast("cpu", torch.float16):
        assert layer(bottom).tolist()[0] == pytest.approx([0.6, 0.8], rel=1e-3)
