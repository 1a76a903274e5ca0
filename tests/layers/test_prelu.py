from __future__ import annotations

import torch

from protonet.fillers import constant
from protonet.layers.prelu import PRELU, PReLUParams
from protonet.layers.record import Blob
from tests.layers.building import build, gradient, numbers, refusal

BOTTOM = numbers([-2.0, -2.0], [0.0, 3.0])


def test_each_channel_has_a_slope() -> None:
    module = build(PRELU, BOTTOM)
    module.load_state_dict({"weight": torch.tensor([0.5, 10.0])})
    assert module(BOTTOM).tolist() == [[-1, -20], [0, 3]]


def test_all_channels_may_share_one() -> None:
    module = build(PRELU, BOTTOM, channel_shared=True)
    module.load_state_dict({"weight": torch.tensor(0.5)})
    assert module(BOTTOM).tolist() == [[-1, -1], [0, 3]]


def test_the_gradient_at_zero_is_the_slope() -> None:
    module = build(PRELU, BOTTOM)
    module.load_state_dict({"weight": torch.tensor([0.5, 10.0])})
    top = module(BOTTOM)
    assert gradient(top, BOTTOM).tolist() == [[0.5, 10], [0.5, 1]]
    assert gradient(top, module.get_parameter("weight")).tolist() == [-2 + 0, -2]


def test_slopes_start_at_a_quarter() -> None:
    assert PRELU.fillers(PReLUParams()) == {"weight": constant(0.25)}


def test_a_bottom_of_another_type_than_the_slopes_keeps_its_type() -> None:
    bottom = torch.full((1, 2), -1.0, dtype=torch.bfloat16)
    module = build(PRELU, BOTTOM)
    module.load_state_dict({"weight": torch.tensor([0.5, 2.0])})
    assert torch.equal(module(bottom), torch.tensor([[-0.5, -2.0]], dtype=torch.bfloat16))


def test_refuses_a_bottom_without_channels() -> None:
    assert refusal(PRELU, Blob((2,))) == (
        "a bottom of shape (2) has no channels",
        "they are axis 1",
    )


def test_refuses_whole_numbers() -> None:
    assert refusal(PRELU, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
