"""Both ways of computing one step, against the rule worked by hand: v = m v + r (g + d w)."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from protonet.optim.lists import Group, Step
from protonet.optim.momentum import Momentum, momentum
from protonet.optim.rule import Way


@pytest.fixture(params=["fused", "portable"])
def kind(request: pytest.FixtureRequest) -> str:
    """Return the name of one way to compute the rule."""
    name: str = request.param
    return name


def way_of(kind: str, share: float, nesterov: bool = False) -> Way:
    both = momentum(Momentum(share, nesterov))
    return both.fused if kind == "fused" else both.portable


def one_step(
    weights: list[float],
    gradients: list[float],
    *,
    history: bool = True,
    decay: float = 0.0,
    l1: bool = False,
) -> Step:
    """Return a step at rate 0.25 over one parameter whose history is 1 everywhere."""
    parameter = torch.tensor(weights)
    buffers = ([torch.ones_like(parameter)],) if history else ()
    group = Group((0,), [parameter], buffers, 1.0, 1.0, torch.zeros(()))
    return Step(group, [torch.tensor(gradients)], 0.25, decay, l1)


def carried_out(kind: str, step: Step, flag: float = 0.0, *, nesterov: bool = False) -> float:
    """Check and step with a momentum of 0.5, and return the flag afterwards."""
    way = way_of(kind, 0.5 if step.group.buffers else 0.0, nesterov)
    tensor = torch.tensor(flag)
    way.check(step, tensor)
    way.step(step, tensor)
    return tensor.item()


def test_history_is_kept_in_part_and_gains_the_scaled_gradient(kind: str) -> None:
    step = one_step([4.0, -2.0], [2.0, 0.0])

    assert carried_out(kind, step) == 0.0

    assert step.group.buffers[0][0].tolist() == [1.0, 0.5]  # 0.5 * 1 + 0.25 * 2, 0.5 * 1
    assert step.group.parameters[0].tolist() == [3.0, -2.5]


def test_l2_adds_the_weights_to_the_gradient(kind: str) -> None:
    step = one_step([4.0, -2.0], [2.0, 0.0], decay=0.5)

    carried_out(kind, step)

    assert step.group.buffers[0][0].tolist() == [1.5, 0.25]  # 0.5 + 0.25 (2 + 2), 0.5 + 0.25 (-1)
    assert step.group.parameters[0].tolist() == [2.5, -2.25]


def test_l1_adds_their_signs(kind: str) -> None:
    step = one_step([4.0, -2.0, 0.0], [2.0, 0.0, 0.0], decay=0.5, l1=True)

    carried_out(kind, step)

    # 0.5 + 0.25 (2 + 0.5), 0.5 - 0.25 * 0.5, 0.5
    assert step.group.buffers[0][0].tolist() == [1.125, 0.375, 0.5]


def test_without_history_the_scaled_gradient_is_the_update(kind: str) -> None:
    step = one_step([4.0, -2.0], [2.0, 0.0], history=False, decay=0.5)

    carried_out(kind, step)

    assert step.group.parameters[0].tolist() == [3.0, -1.75]  # 4 - 0.25 (2 + 2), -2 + 0.25


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_not_finite_sets_the_flag_and_changes_nothing(
    kind: str, value: float
) -> None:
    step = one_step([4.0, -2.0], [value, 1.0])

    assert carried_out(kind, step) == 1.0

    assert step.group.buffers[0][0].tolist() == [1.0, 1.0]
    assert step.group.parameters[0].tolist() == [4.0, -2.0]


def test_a_flag_that_was_set_before_holds_the_step_back(kind: str) -> None:
    step = one_step([4.0, -2.0], [2.0, 0.0])

    assert carried_out(kind, step, flag=1.0) == 1.0

    assert step.group.buffers[0][0].tolist() == [1.0, 1.0]
    assert step.group.parameters[0].tolist() == [4.0, -2.0]


def test_nesterov_applies_the_momentum_once_more(kind: str) -> None:
    step = one_step([4.0, -2.0], [2.0, 0.0])

    carried_out(kind, step, nesterov=True)

    assert step.group.buffers[0][0].tolist() == [1.0, 0.5]  # 0.5 * 1 + 0.25 * 2, 0.5 * 1
    # 4 - (1.5 * 1 - 0.5 * 1), -2 - (1.5 * 0.5 - 0.5 * 1)
    assert step.group.parameters[0].tolist() == [3.0, -2.25]


def test_a_rate_too_small_to_be_told_from_1_is_exact(kind: str) -> None:
    """1 - (1 - 3e-17) is 0."""
    step = replace(one_step([4.0, -2.0], [2.0, 1.0], decay=0.5), rate=3e-17)
    step.group.buffers[0][0].zero_()

    assert carried_out(kind, step) == 0.0

    torch.testing.assert_close(
        step.group.buffers[0][0],
        torch.tensor([3e-17 * (2 + 0.5 * 4), 3e-17 * (1 - 0.5 * 2)]),
        rtol=1e-6,
        atol=1e-30,
    )
