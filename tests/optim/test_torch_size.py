"""Expected bytes: from the papers, times four; `step` is one number more for each parameter."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import optim

from protonet.optim import Slot
from protonet.optim.torch_rule import TorchRule
from protonet.optim.torch_size import remembered_bytes

SLOTS = [Slot("a/weight", torch.zeros(4, 3)), Slot("a/bias", torch.zeros(4))]
NUMBERS = 16


@pytest.mark.parametrize(
    ("kind", "arguments", "expected"),
    [
        (optim.SGD, {}, 0),
        (optim.SGD, {"momentum": 0.9}, NUMBERS),
        (optim.Adam, {}, 2 * NUMBERS + 2),
        (optim.AdamW, {"amsgrad": True}, 3 * NUMBERS + 2),
        (optim.RMSprop, {"centered": True, "momentum": 0.1}, 3 * NUMBERS + 2),
        (optim.Rprop, {}, 2 * NUMBERS + 2),
        (optim.LBFGS, {"history_size": 10}, 23 * NUMBERS),
    ],
)
def test_the_state_is_as_large_as_the_rule_says(
    kind: Any, arguments: dict[str, Any], expected: int
) -> None:
    assert remembered_bytes(kind, arguments, SLOTS) == 4 * expected


@pytest.mark.parametrize("name", ["Adafactor", "ASGD", "NAdam", "Adadelta"])
def test_it_is_what_a_real_step_leaves(name: str) -> None:
    slots = [Slot(slot.name, slot.tensor.clone().requires_grad_()) for slot in SLOTS]
    rule = TorchRule(getattr(optim, name), {}, slots)
    rule.update([torch.ones_like(slot.tensor) for slot in slots], 0.1, torch.zeros(()))
    real = sum(
        tensor.nbytes for key, tensor in rule.state().items() if ":" not in key.rpartition("/")[2]
    )
    assert remembered_bytes(getattr(optim, name), {}, SLOTS) == real
