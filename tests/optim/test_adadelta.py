"""Expected numbers: h = ρ h + (1 - ρ) g²; d = g √((s + δ) / (h + δ)); s = ρ s + (1 - ρ) d²;
w -= r d, by hand."""

from __future__ import annotations

import math

import pytest
import torch

from protonet.optim import Slot
from protonet.optim.adadelta import AdaDeltaParams
from tests.optim.building import ready
from tests.optim.conftest import Build


def test_updates_follow_the_ratio_of_both_averages(build: Build) -> None:
    weight = torch.tensor([4.0])
    rule = build("AdaDelta", [Slot("ip/weight", weight)], momentum=0.75, delta=1.0)

    # h = 16 / 4 = 4, d = 4 √(1 / 5), s = (16 / 5) / 4 = 0.8
    rule.update([torch.tensor([4.0])], 0.5, ready())
    first = 4 / math.sqrt(5)
    assert weight.item() == pytest.approx(4 - 0.5 * first, rel=1e-6)

    # h = 3 + 1 = 4, d = 2 √(1.8 / 5) = 1.2, s = 0.6 + 1.44 / 4 = 0.96
    rule.update([torch.tensor([2.0])], 0.25, ready())
    assert weight.item() == pytest.approx(4 - 0.5 * first - 0.25 * 1.2, rel=1e-6)
    state = rule.state()
    assert state["history/ip/weight"].item() == pytest.approx(4.0, rel=1e-6)
    assert state["history2/ip/weight"].item() == pytest.approx(0.96, rel=1e-6)


def test_without_momentum_the_averages_are_the_last_squares(build: Build) -> None:
    weight = torch.tensor([4.0])
    rule = build("AdaDelta", [Slot("ip/weight", weight)], delta=1.0)

    rule.update([torch.tensor([4.0])], 0.5, ready())  # h = 16, d = 4 √(1 / 17), s = 16 / 17
    rule.update([torch.tensor([0.5])], 0.5, ready())  # h = 0.25, d = 0.5 √((33 / 17) / 1.25)

    expected = 4 - 0.5 * (4 / math.sqrt(17) + 0.5 * math.sqrt(33 / 17 / 1.25))
    assert weight.item() == pytest.approx(expected, rel=1e-6)
    assert rule.state()["history/ip/weight"].item() == 0.25


def test_its_defaults_are_caffes() -> None:
    assert AdaDeltaParams().model_dump() == {
        "weight_decay": 0.0,
        "regularization_type": "L2",
        "momentum": 0.0,
        "delta": 1e-8,
    }
