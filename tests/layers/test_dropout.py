from __future__ import annotations

import pytest
import torch

from protonet.layers.dropout import DROPOUT, DropoutParams
from protonet.layers.record import Blob, Phase
from tests.layers.building import build, complaints, gradient, refusal


def test_training_drops_the_given_share_and_scales_up_the_rest() -> None:
    bottom = torch.full((100, 100), 3.0)

    top = build(DROPOUT, bottom, dropout_ratio=0.25)(bottom)

    assert top.unique().tolist() == [0, 4]  # 3 / (1 - 0.25)
    dropped = (top == 0).float().mean().item()
    assert dropped == pytest.approx(0.25, abs=0.02)  # 4.6 standard deviations of 10,000 draws


def test_half_is_dropped_unless_told_otherwise() -> None:
    bottom = torch.ones(100, 100)
    assert build(DROPOUT, bottom)(bottom).unique().tolist() == [0, 2]


def test_every_call_drops_anew_and_a_seed_decides_what() -> None:
    bottom = torch.ones(8, 8)
    module = build(DROPOUT, bottom)

    torch.manual_seed(5)
    first, second = module(bottom), module(bottom)
    torch.manual_seed(5)

    assert not torch.equal(first, second)
    assert torch.equal(module(bottom), first)


def test_the_gradient_takes_the_same_way() -> None:
    bottom = torch.ones(8, 8, requires_grad=True)
    top = build(DROPOUT, bottom, dropout_ratio=0.75)(bottom)
    assert torch.equal(gradient(top, bottom), top.detach())  # 4 where kept, 0 where dropped


def test_nothing_is_dropped_at_ratio_zero() -> None:
    bottom = torch.ones(8, 8)
    assert torch.equal(build(DROPOUT, bottom, dropout_ratio=0)(bottom), bottom)


@pytest.mark.parametrize("phase", ["test", "deploy"])
def test_outside_training_the_bottom_passes_unchanged(phase: Phase) -> None:
    bottom = torch.ones(8, 8)
    module = build(DROPOUT, bottom, phase=phase)
    assert module(bottom) is bottom
    assert module.train()(bottom) is bottom


@pytest.mark.parametrize(
    ("ratio", "kind", "why"),
    [
        (1, "less_than", "Input should be less than 1"),
        (1.5, "less_than_equal", "Input should be less than or equal to 1"),
        (-0.1, "greater_than_equal", "Input should be greater than or equal to 0"),
        (True, "float_type", "a number is needed"),
    ],
)
def test_refuses_a_ratio_that_is_no_share(ratio: object, kind: str, why: str) -> None:
    found = complaints(DropoutParams, dropout_ratio=ratio)
    assert found[0] == ("dropout_ratio", kind, why, "")


def test_refuses_whole_numbers() -> None:
    assert refusal(DROPOUT, Blob((2,), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
