"""The portable way of AdaGrad and RMSProp by hand; torch's kernels against it in test_rule."""

from __future__ import annotations

import pytest
import torch

from protonet.optim.lists import Group, Step
from protonet.optim.squares import Squares, squares, step_portable


def one_step() -> Step:
    """Return a step at rate 0.5 over one weight of 1 with gradient 2 and a sum of 8."""
    group = Group((0,), [torch.ones(1)], ([torch.tensor([8.0])],), 1.0, 1.0, torch.zeros(()))
    return Step(group, [torch.tensor([2.0])], 0.5)


@pytest.mark.parametrize(
    ("own", "gathered", "weight"),
    [
        (Squares(1.0, 0.25, 1.0), 9.0, 0.75),  # 8 + 4 / 4, 1 - 0.5 * 2 / (3 + 1)
        (Squares(0.375, 0.25, 3.0), 4.0, 0.8),  # 3 + 1, 1 - 0.5 * 2 / (2 + 3)
    ],
)
def test_gradients_are_divided_by_the_root(own: Squares, gathered: float, weight: float) -> None:
    step = one_step()

    step_portable(own, step, torch.zeros(()))

    assert step.group.buffers[0][0].item() == gathered
    assert step.group.parameters[0].item() == pytest.approx(weight, rel=1e-6)


def test_a_set_flag_holds_the_step_back() -> None:
    step = one_step()

    step_portable(Squares(1.0, 1.0, 1.0), step, torch.ones(()))

    assert step.group.buffers[0][0].item() == 8.0
    assert step.group.parameters[0].item() == 1.0


def test_the_fused_step_is_the_one_given() -> None:
    seen: list[Step] = []

    arithmetic = squares(Squares(1.0, 1.0, 1.0), lambda step, flag: seen.append(step))
    arithmetic.fused.step(step := one_step(), torch.zeros(()))

    assert seen == [step]
    assert (arithmetic.buffers, arithmetic.counts) == (1, False)
