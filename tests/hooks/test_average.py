from __future__ import annotations

import torch

from protonet.hooks.average import Averaging
from protonet.hooks.hook import Step
from protonet.step.average import Average


def test_every_step_is_taken_into_the_average() -> None:
    weight = torch.tensor([0.0])
    average = Average({"a/w": weight}, 0.5)
    hook = Averaging(average)

    weight.fill_(11.0)
    assert hook.after_step(Step(0, torch.zeros(()), {}, 0.1)) is False

    # after one iteration the decay is (1 + 1) / (10 + 1)
    assert torch.allclose(average.tensors["a/w"], torch.tensor([11.0 * 9 / 11]))
