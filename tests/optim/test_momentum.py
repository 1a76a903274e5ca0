"""Both ways of computing one step, against the rule worked by hand: v = m v + r (g + d w)."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from protonet.optim.momentum import (
    Group,
    Step,
    check_fused,
    check_portable,
    step_fused,
    step_portable,
)

Half = Callable[[Step, Tensor], None]
Way = tuple[Half, Half]


@pytest.fixture(params=[(check_fused, step_fused), (check_portable, step_portable)])
def way(request: pytest.FixtureRequest) -> Way:
    """Return a check and a step that belong together."""
    pair: Way = request.param
    return pair


def one_step(
    weights: list[float], gradients: list[float], *, momentum: float = 0.5, **how: float
) -> Step:
    """Return a step at rate 0.25 over one parameter whose history is 1 everywhere."""
    parameter = torch.tensor(weights)
    history = [torch.ones_like(parameter)] if momentum else []
    group = Group((0,), [parameter], history, 1.0, 1.0, torch.zeros(()))
    return Step(
        group=group,
        gradients=[torch.tensor(gradients)],
        rate=0.25,
        momentum=momentum,
        decay=how.get("decay", 0.0),
        l1=bool(how.get("l1")),
    )


def carried_out(way: Way, step: Step, flag: float = 0.0) -> float:
    """Check and step, and return the flag afterwards."""
    tensor = torch.tensor(flag)
    for half in way:
        half(step, tensor)
    return tensor.item()


def test_history_is_kept_in_part_and_gains_the_scaled_gradient(way: Way) -> None:
    step = one_step([4.0, -2.0], [2.0, 0.0])

    assert carried_out(way, step) == 0.0

    assert step.group.history[0].tolist() == [1.0, 0.5]  # 0.5 * 1 + 0.25 * 2, 0.5 * 1
    assert step.group.parameters[0].tolist() == [3.0, -2.5]


def test_l2_adds_the_weights_to_the_gradient(way: Way) -> None:
    step = one_step([4.0, -2.0], [2.0, 0.0], decay=0.5)

    carried_out(way, step)

    assert step.group.history[0].tolist() == [1.5, 0.25]  # 0.5 + 0.25 (2 + 2), 0.5 + 0.25 (-1)
    assert step.group.parameters[0].tolist() == [2.5, -2.25]


def test_l1_adds_their_signs(way: Way) -> None:
    step = one_step([4.0, -2.0, 0.0], [2.0, 0.0, 0.0], decay=0.5, l1=True)

    carried_out(way, step)

    # 0.5 + 0.25 (2 + 0.5), 0.5 - 0.25 * 0.5, 0.5
    assert step.group.history[0].tolist() == [1.125, 0.375, 0.5]


def test_without_history_the_scaled_gradient_is_the_update(way: Way) -> None:
    step = one_step([4.0, -2.0], [2.0, 0.0], momentum=0.0, decay=0.5)

    carried_out(way, step)

    assert step.group.parameters[0].tolist() == [3.0, -1.75]  # 4 - 0.25 (2 + 2), -2 + 0.25


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_not_finite_sets_the_flag_and_changes_nothing(
    way: Way, value: float
) -> None:
    step = one_step([4.0, -2.0], [value, 1.0])

    assert carried_out(way, step) == 1.0

    assert step.group.history[0].tolist() == [1.0, 1.0]
    assert step.group.parameters[0].tolist() == [4.0, -2.0]


def test_a_flag_that_was_set_before_holds_the_step_back(way: Way) -> None:
    step = one_step([4.0, -2.0], [2.0, 0.0])

    assert carried_out(way, step, flag=1.0) == 1.0

    assert step.group.history[0].tolist() == [1.0, 1.0]
    assert step.group.parameters[0].tolist() == [4.0, -2.0]


def test_both_ways_agree_over_many_steps() -> None:
    """Twenty steps of f(w) = |w|^2 / 2 from one start; they round differently, by an ulp or two."""
    ends = []
    for way in [(check_fused, step_fused), (check_portable, step_portable)]:
        torch.manual_seed(1701)
        parameter = torch.randn(50)
        group = Group((0,), [parameter], [torch.zeros(50)], 1.0, 1.0, torch.zeros(()))
        for _ in range(20):
            step = Step(group, [parameter.clone()], 0.1, 0.9, 0.01, False)
            carried_out(way, step)
        ends.append(parameter)

    torch.testing.assert_close(*ends, rtol=1e-5, atol=1e-6)
