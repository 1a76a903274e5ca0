"""Expected numbers: h += g²; w -= r g / (√h + delta), by hand."""

from __future__ import annotations

import pytest
import torch

from protonet.optim import Slot
from protonet.optim.adagrad import AdaGradParams
from tests.optim.building import ready
from tests.optim.conftest import Build


def test_squares_are_summed_and_slow_the_weight_down(build: Build) -> None:
    weight = torch.tensor([1.0])
    rule = build("AdaGrad", [Slot("ip/weight", weight)], delta=1.0)

    rule.update([torch.tensor([3.0])], 0.5, ready())  # h = 9, w -= 0.5 * 3 / (3 + 1)
    assert weight.tolist() == [0.625]

    rule.update([torch.tensor([4.0])], 0.75, ready())  # h = 25, w -= 0.75 * 4 / (5 + 1)
    assert weight.tolist() == [0.125]
    assert rule.state()["history/ip/weight"].tolist() == [25.0]


def test_a_weight_without_gradient_stays(build: Build) -> None:
    weight = torch.tensor([1.0])

    build("AdaGrad", [Slot("ip/weight", weight)]).update([torch.zeros(1)], 0.5, ready())

    assert weight.tolist() == [1.0]


def test_its_defaults_are_caffes() -> None:
    params = AdaGradParams()

    assert params.model_dump() == {
        "weight_decay": 0.0,
        "regularization_type": "L2",
        "momentum": 0.0,
        "delta": pytest.approx(1e-8),
    }
