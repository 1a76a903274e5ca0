"""Expected rates: torch's schedulers, stepped by hand on an optimizer of their own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import optim
from torch.optim import lr_scheduler

from protonet.errors import UsageError
from protonet.optim.torch_schedule import Plateau, TorchSchedule, kind_of

KINDS: dict[str, dict[str, Any]] = {
    "StepLR": {"step_size": 3},
    "MultiStepLR": {"milestones": [2, 5]},
    "ConstantLR": {"total_iters": 4},
    "LinearLR": {"total_iters": 4},
    "ExponentialLR": {"gamma": 0.9},
    "PolynomialLR": {"total_iters": 8},
    "CosineAnnealingLR": {"T_max": 6},
    "CosineAnnealingWarmRestarts": {"T_0": 3, "T_mult": 2},
    "CyclicLR": {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 3, "cycle_momentum": False},
    "OneCycleLR": {"max_lr": 0.1, "total_steps": 12, "cycle_momentum": False},
}


def by_hand(scheduler: Any, optimizer: optim.Optimizer, count: int) -> list[float]:
    optimizer.step()
    found = []
    for _ in range(count):
        found.append(float(optimizer.param_groups[0]["lr"]))
        scheduler.step()
    return found


@pytest.mark.parametrize("name", KINDS)
def test_the_rates_are_torchs_also_when_asked_for_late(name: str) -> None:
    kind, arguments = getattr(lr_scheduler, name), KINDS[name]
    optimizer = optim.SGD([torch.zeros(1)], lr=0.1)
    expected = by_hand(kind(optimizer, **arguments), optimizer, 10)
    schedule = TorchSchedule(kind, arguments, 0.1)
    assert [schedule(iteration) for iteration in range(10)] == expected
    assert TorchSchedule(kind, arguments, 0.1)(7) == expected[7]  # as a resumed run asks


def test_a_rate_that_is_none_is_told() -> None:
    inside = ["lr_scheduler.ConstantLR", {"type": "lr_scheduler.StepLR", "step_size": 0}]
    schedule = TorchSchedule(
        lr_scheduler.SequentialLR, {"schedulers": inside, "milestones": [3]}, 0.1
    )
    assert schedule.length is None
    assert schedule(2) == pytest.approx(0.1 / 3)
    with pytest.raises(UsageError) as caught:
        schedule(4)
    told = "there is no rate for iteration 3: torch would divide by zero"
    assert str(caught.value) == told


def test_schedulers_are_composed() -> None:
    inside = [
        {"type": "lr_scheduler.LinearLR", "start_factor": 0.1, "total_iters": 4},
        {"type": "lr_scheduler.CosineAnnealingLR", "T_max": 6},
    ]
    arguments = {"schedulers": inside, "milestones": [4]}
    optimizer = optim.SGD([torch.zeros(1)], lr=0.1)
    parts = [
        lr_scheduler.LinearLR(optimizer, 0.1, total_iters=4),
        lr_scheduler.CosineAnnealingLR(optimizer, 6),
    ]
    expected = by_hand(lr_scheduler.SequentialLR(optimizer, parts, [4]), optimizer, 10)
    schedule = TorchSchedule(lr_scheduler.SequentialLR, arguments, 0.1)
    assert [schedule(iteration) for iteration in range(10)] == expected
    chained = TorchSchedule(
        lr_scheduler.ChainedScheduler,
        {
            "schedulers": [
                "lr_scheduler.ConstantLR",
                {"type": "lr_scheduler.ExponentialLR", "gamma": 0.5},
            ]
        },
        0.3,
    )
    # a third until iteration 5, halved every time
    expected = [0.3 / 3 * 0.5**at for at in range(5)] + [0.3 * 0.5**at for at in range(5, 7)]
    assert [chained(at) for at in range(7)] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("made", "key", "low", "high"),
    [
        (optim.SGD, "momentum", 0.85, 0.95),
        (optim.AdamW, "betas", (0.85, 0.999), (0.95, 0.999)),
    ],
)
def test_a_cycle_steers_the_momentum_of_the_real_optimizer(
    made: Any, key: str, low: object, high: object
) -> None:
    real = made([torch.zeros(1)], lr=1.0, **({"momentum": 0.9} if key == "momentum" else {}))
    arguments = {"max_lr": 0.1, "total_steps": 11, "pct_start": 0.5}
    schedule = TorchSchedule(lr_scheduler.OneCycleLR, arguments, 0.1, real)
    seen = []
    for iteration in range(11):
        schedule(iteration)
        seen.append(real.param_groups[0][key])
    assert seen[0] == pytest.approx(high)
    assert min(seen) == pytest.approx(low, abs=0.02)
    assert real.param_groups[0]["lr"] == 1.0  # the rate is given with each update


def test_a_plateau_lowers_the_rate_when_a_test_no_longer_improves() -> None:
    plateau = Plateau({"mode": "max", "patience": 1, "factor": 0.1}, 0.5)
    rates = []
    for value in (0.6, 0.7, 0.7, 0.7, 0.9):
        plateau.measure(value)
        rates.append(plateau(99))
    assert rates == pytest.approx([0.5, 0.5, 0.5, 0.05, 0.05])
    assert plateau.measured == [0.6, 0.7, 0.7, 0.7, 0.9]


def test_a_nested_scheduler_is_a_map_or_a_name() -> None:
    assert kind_of("lr_scheduler.StepLR") is lr_scheduler.StepLR
    assert kind_of({"type": "lr_scheduler.StepLR", "step_size": 2}) is lr_scheduler.StepLR
