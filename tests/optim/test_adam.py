"""Expected numbers: m₁ = β₁ m₁ + (1 - β₁) g; m₂ = β₂ m₂ + (1 - β₂) g²;
w -= r √(1 - β₂ᵗ) / (1 - β₁ᵗ) m₁ / (√m₂ + δ), by hand."""

from __future__ import annotations

import math

import pytest
import torch

from protonet.optim import Slot
from protonet.optim.adam import AdamParams
from tests.optim.building import ready
from tests.optim.conftest import Build


def test_delta_is_added_before_the_correction(build: Build) -> None:
    weight = torch.tensor([4.0])
    rule = build("Adam", [Slot("ip/w", weight)], momentum=0.5, momentum2=0.75, delta=1.0)

    # m₁ = 2, m₂ = 4, √(1 - 0.75) / (1 - 0.5) = 1, u = 0.75 * 2 / (2 + 1)
    rule.update([torch.tensor([4.0])], 0.75, ready())
    assert weight.item() == pytest.approx(3.5, rel=1e-6)

    # m₁ = 1 + 1, m₂ = 3 + 1, √(1 - 0.75²) / (1 - 0.5²) = √0.4375 / 0.75, u = √0.4375 * 2 / 3
    rule.update([torch.tensor([2.0])], 0.75, ready())
    assert weight.item() == pytest.approx(3.5 - math.sqrt(0.4375) * 2 / 3, rel=1e-6)
    state = rule.state()
    assert list(state) == ["history/ip/w", "history2/ip/w", "steps"]
    assert [tensor.item() for tensor in state.values()] == [2.0, 4.0, 2]


def test_the_shares_are_float32_as_caffes(build: Build) -> None:
    rule = build("Adam", [Slot("ip/w", torch.zeros(1))], momentum2=0.999)

    rule.update([torch.ones(1)], 0.5, ready())

    # float32(0.999) = 0.99900001287, so m₂ = 1 - 0.99900001287
    assert rule.state()["history2/ip/w"].item() == pytest.approx(0.00099998713, rel=1e-6)


def test_a_share_that_float32_would_round_to_1_is_the_largest_below(build: Build) -> None:
    weight = torch.tensor([1.0])
    rule = build("Adam", [Slot("ip/w", weight)], momentum=1 - 1e-9, momentum2=1 - 1e-9)

    rule.update([torch.ones(1)], 0.5, ready())

    # 1 - β = 2^-24 in both, m₁ = 2^-24, √m₂ = 2^-12: u = 0.5 * (2^-12 / 2^-24) * (2^-24 / 2^-12)
    assert weight.item() == pytest.approx(0.5, rel=1e-4)  # delta is 4e-5 of √m₂


def test_its_defaults_are_caffes() -> None:
    assert AdamParams().model_dump() == {
        "weight_decay": 0.0,
        "regularization_type": "L2",
        "momentum": 0.0,
        "momentum2": 0.999,
        "delta": 1e-8,
    }
