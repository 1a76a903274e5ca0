"""Expected rates: torch's own schedulers, and formulas by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch.optim import SGD, lr_scheduler

from protonet.lr_policy import LR_POLICIES
from protonet.lr_policy.modern import MODERN


def rates(name: str, count: int, *, base_lr: float = 0.1, **params: Any) -> list[float]:
    policy = LR_POLICIES[name]
    schedule = policy.build(policy.params(**params), base_lr, count)
    return [schedule(iteration) for iteration in range(count + 1)]


def of_torch(kind: Any, count: int, base_lr: float = 0.1, **arguments: Any) -> list[float]:
    optimizer = SGD([torch.zeros(1)], lr=base_lr)
    scheduler = kind(optimizer, **arguments)
    optimizer.step()
    found = []
    for _ in range(count):
        found.append(float(optimizer.param_groups[0]["lr"]))
        scheduler.step()
    return found


def test_cosine_is_torchs() -> None:
    expected = of_torch(lr_scheduler.CosineAnnealingLR, 10, T_max=10, eta_min=0.01)
    assert rates("cosine", 10, min_lr=0.01)[:10] == pytest.approx(expected, rel=1e-6)


def test_cosine_passes_its_middle_and_ends_where_it_is_told() -> None:
    found = rates("cosine", 4, base_lr=2.0)
    half = 1 + math.sqrt(0.5)
    assert found == pytest.approx([2.0, half, 1.0, 2 - half, 0.0], abs=1e-12)


def test_linear_goes_in_equal_steps() -> None:
    assert rates("linear", 4, base_lr=2.0) == pytest.approx([2.0, 1.5, 1.0, 0.5, 0.0])
    found = rates("linear", 4, base_lr=2.0, start_factor=0.1, end_factor=0.5)
    assert found == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


@pytest.mark.parametrize(("anneal", "strategy"), [("cosine", "cos"), ("linear", "linear")])
def test_one_cycle_is_torchs(anneal: str, strategy: str) -> None:
    expected = of_torch(
        lr_scheduler.OneCycleLR,
        20,
        max_lr=0.1,
        total_steps=20,
        pct_start=0.25,
        anneal_strategy=strategy,
        div_factor=10.0,
        final_div_factor=100.0,
        cycle_momentum=False,
    )
    params = {"start_divisor": 10.0, "end_divisor": 1000.0, "warmup_share": 0.25}
    assert rates("one_cycle", 20, anneal=anneal, **params)[:20] == pytest.approx(expected)


@pytest.mark.parametrize("name", [kind.name for kind in MODERN])
def test_a_training_of_one_iteration_has_a_rate(name: str) -> None:
    assert all(math.isfinite(rate) for rate in rates(name, 1))
