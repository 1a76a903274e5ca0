"""Expected numbers: v = m v_old + r g; w -= (1 + m) v - m v_old, by hand."""

from __future__ import annotations

import torch

from protonet.optim import Slot
from tests.optim.building import ready
from tests.optim.conftest import Build


def test_the_update_looks_ahead_of_the_history(build: Build) -> None:
    weight = torch.tensor([1.0])
    rule = build("Nesterov", [Slot("ip/weight", weight)], momentum=0.5)

    rule.update([torch.tensor([2.0])], 0.25, ready())  # v = 0.5, w -= 1.5 * 0.5
    assert weight.tolist() == [0.25]

    rule.update([torch.tensor([2.0])], 0.125, ready())  # v = 0.5, w -= 1.5 * 0.5 - 0.5 * 0.5
    assert weight.tolist() == [-0.25]
    assert rule.state()["history/ip/weight"].tolist() == [0.5]


def test_without_momentum_it_is_plain_descent(build: Build) -> None:
    weight = torch.tensor([1.0])
    rule = build("Nesterov", [Slot("ip/weight", weight)])

    rule.update([torch.tensor([2.0])], 0.25, ready())

    assert weight.tolist() == [0.5]
    assert rule.state() == {}
