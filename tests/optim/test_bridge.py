from __future__ import annotations

import inspect

import pytest
import torch
from torch import optim

from protonet.optim import Slot
from protonet.optim.bridge import torch_rule
from protonet.spec.torch_class import OPTIM


@pytest.mark.parametrize(
    "name", sorted(set(OPTIM.names()) - {*(f"optim.{x}" for x in ["SparseAdam"])})
)
def test_every_optimizer_of_torch_works(name: str) -> None:
    weight = torch.ones(2, 3, requires_grad=True)
    kind = OPTIM.kind(name)
    assert inspect.isclass(kind)
    assert issubclass(kind, optim.Optimizer)
    made = torch_rule(kind, {}, [Slot("ip/weight", weight)])
    assert made.load_state(made.state()) is None
