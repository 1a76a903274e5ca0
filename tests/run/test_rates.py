"""Expected rates: the schedules themselves, which have tests of their own, put together by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import optim

from protonet.errors import PathError
from protonet.run.deciding import Deciding
from protonet.run.rates import is_plateau, plateau_of, rate_of
from protonet.spec.duration import MOST
from protonet.spec.policy import LrPolicySpec

PLACE = ("solver", "lr_policy")


def rates(written: Any, count: int, steers: optim.Optimizer | None = None) -> list[float]:
    policy = LrPolicySpec.model_validate(written)
    rate = rate_of(policy, 0.1, count, steers, PLACE)
    return [rate(iteration) for iteration in range(count)]


def test_a_policy_may_warm_up() -> None:
    written = {"type": "step", "gamma": 0.5, "stepsize": 4, "warmup": 2, "warmup_factor": 0.1}
    expected = [0.01, 0.055, 0.1, 0.1, 0.05, 0.05]
    assert rates(written, 6) == pytest.approx(expected, rel=1e-6)


def test_policies_follow_each_other_the_last_to_the_end() -> None:
    written = [
        {"type": "linear", "start_factor": 0.5, "end_factor": 1, "max_iter": 2},
        {"type": "poly", "power": 1},
    ]
    # the second lasts 4 iterations
    assert rates(written, 6) == pytest.approx([0.05, 0.075, 0.1, 0.075, 0.05, 0.025], rel=1e-6)


def test_a_scheduler_of_torch_may_warm_up_too() -> None:
    written = {"type": "lr_scheduler.ExponentialLR", "gamma": 0.5, "warmup": 2}
    assert rates(written, 4) == pytest.approx([0.0, 0.025, 0.025, 0.0125])


def test_a_cycle_of_the_momentum_needs_one_that_can_be_changed() -> None:
    written = {"type": "lr_scheduler.OneCycleLR", "max_lr": 0.1, "total_steps": 4}
    with pytest.raises(PathError) as caught:
        rates(written, 4)
    error = caught.value
    assert (error.code, error.path) == ("PN015", PLACE)
    assert error.why == "it cycles the momentum, and the update rule has none that could be changed"
    assert error.hint == "cycle_momentum: false, or optimizer: {type: optim.SGD, momentum: 0.9}"
    assert len(rates({**written, "cycle_momentum": False}, 4)) == 4
    assert len(rates(written, 4, optim.AdamW([torch.zeros(1)]))) == 4


def test_what_torch_refuses_is_told_at_the_policy() -> None:
    policy = LrPolicySpec.model_construct(
        type="lr_scheduler.OneCycleLR",
        params={"max_lr": 0.1, "cycle_momentum": False},
        warmup=0,
        parts=(),
    )
    with pytest.raises(PathError) as caught:
        rate_of(policy, 0.1, 4, None, PLACE)
    assert caught.value.why.startswith("torch refuses this: You must define either total_steps")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (
            {"type": "lr_scheduler.StepLR", "step_size": 0},
            "there is no rate for iteration 1: torch would divide by zero",
        ),
        (
            {"type": "lr_scheduler.StepLR", "step_size": 1, "gamma": 1e300},
            "the rate of iteration 2 would be inf",
        ),
        (
            {"type": "lr_scheduler.ExponentialLR", "gamma": -0.5},
            "the rate of iteration 1 would be -0.05",
        ),
    ],
)
def test_impossible_rates_are_told_before_the_training(written: Any, why: str) -> None:
    with pytest.raises(PathError) as caught:
        rates(written, 5)
    assert (caught.value.code, caught.value.path, caught.value.why) == ("PN013", PLACE, why)


@pytest.mark.parametrize(("max_iter", "hint"), [(5, "max_iter is 5"), (MOST, "max_iter is a time")])
def test_one_cycle_lasts_as_long_as_the_training(max_iter: int, hint: str) -> None:
    policy = LrPolicySpec.model_validate(
        {
            "type": "lr_scheduler.OneCycleLR",
            "max_lr": 0.1,
            "total_steps": 4,
            "cycle_momentum": False,
        }
    )
    with pytest.raises(PathError) as caught:
        rate_of(policy, 0.1, max_iter, None, PLACE)
    error = caught.value
    assert (error.code, error.why, error.hint) == ("PN015", "it has rates for 4 iterations", hint)


def test_a_plateau_knows_which_way_is_better() -> None:
    policy = LrPolicySpec.model_validate(
        {"type": "lr_scheduler.ReduceLROnPlateau", "patience": 0, "factor": 0.5}
    )
    assert is_plateau(policy)
    assert not is_plateau(LrPolicySpec.model_validate("fixed"))
    falling = plateau_of(policy, 0.1, Deciding("val", "loss", False), PLACE)
    rising = plateau_of(policy, 0.1, Deciding("val", "accuracy", True), PLACE)
    for value in (3.0, 2.0, 1.0):
        falling.measure(value)
        rising.measure(value)
    assert (falling(3), rising(3)) == (0.1, 0.025)


def test_a_plateau_without_tests_is_refused() -> None:
    policy = LrPolicySpec.model_validate("lr_scheduler.ReduceLROnPlateau")
    with pytest.raises(PathError) as caught:
        plateau_of(policy, 0.1, None, PLACE)
    assert caught.value.why == "nothing is tested that could stop getting better"
