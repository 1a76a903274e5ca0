from __future__ import annotations

import torch

from protonet.optim import Slot
from protonet.step.objective import Objective


def test_an_objective_stands_alone_unless_it_says_otherwise() -> None:
    slots = [Slot("a/w", torch.zeros(1))]
    objective = Objective(lambda x: {"y": x}, lambda outputs: outputs["y"], slots)
    assert objective.alone
    assert objective.loss(objective.forward(torch.tensor(3.0))).item() == 3.0
