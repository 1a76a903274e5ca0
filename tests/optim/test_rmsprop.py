"""Expected numbers: h = ρ h + (1 - ρ) g²; w -= r g / (√h + delta), by hand."""

from __future__ import annotations

import pytest
import torch

from protonet.optim import Slot
from protonet.optim.rmsprop import RMSPropParams
from tests.optim.building import ready
from tests.optim.conftest import Build


def test_squares_are_averaged(build: Build) -> None:
    weight = torch.tensor([4.0])
    rule = build("RMSProp", [Slot("ip/weight", weight)], rms_decay=0.75, delta=1.0)

    rule.update([torch.tensor([4.0])], 0.75, ready())  # h = 16 / 4, w -= 0.75 * 4 / (2 + 1)
    assert weight.tolist() == pytest.approx([3.0], rel=1e-6)

    rule.update([torch.tensor([2.0])], 0.75, ready())  # h = 3 + 4 / 4, w -= 0.75 * 2 / (2 + 1)
    assert weight.tolist() == pytest.approx([2.5], rel=1e-6)
    assert rule.state()["history/ip/weight"].tolist() == [4.0]


@pytest.mark.parametrize("share", [0.0, 1.0 - 1e-9])
def test_no_share_below_1_is_too_near_its_end(build: Build, share: float) -> None:
    weight = torch.tensor([1.0])
    rule = build("RMSProp", [Slot("ip/weight", weight)], rms_decay=share, delta=1.0)

    rule.update([torch.tensor([1.0])], 0.5, ready())

    # at 0: h = 1, u = 0.5 / 2; near 1: h = 2^-24, u = 0.5 / (2^-12 + 1)
    assert weight.item() == pytest.approx(1 - (0.25 if share == 0 else 0.5 / (2**-12 + 1)), 1e-6)


def test_its_defaults_are_caffes() -> None:
    assert RMSPropParams().model_dump() == {
        "weight_decay": 0.0,
        "regularization_type": "L2",
        "momentum": 0.0,
        "rms_decay": 0.99,
        "delta": 1e-8,
    }
