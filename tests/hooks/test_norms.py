"""Numbers by hand: 3-4-5 and 5-12-13 triangles."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
from torch import Tensor

from protonet.hooks.hook import Step
from protonet.hooks.norms import Norms
from protonet.hooks.turns import Turn, Turns

Numbers = dict[str, float]


def trained(
    interval: int, iterations: int, *, iter_size: int = 1, by_layer: bool = False
) -> list[tuple[int, Numbers]]:
    """Return what is recorded where each update takes a tenth of the gradients away."""
    weights = {
        "conv/weight": torch.tensor([3.0, 4.0]),
        "conv/bias": torch.tensor([12.0]),
        "ip/weight": torch.tensor([[84.0]]),
    }
    gradients = [torch.tensor([0.6, 0.8]), torch.tensor([0.0]), torch.tensor([[4.8]])]
    seen: list[tuple[int, Numbers]] = []
    hook = Norms(
        interval,
        weights,
        Turns([Turn(("conv/weight", "conv/bias", "ip/weight"))]),
        iter_size=iter_size,
        by_layer=by_layer,
        record=lambda iteration, numbers: seen.append((iteration, numbers)),
    )
    for iteration in range(iterations):
        hook.before_step(iteration)
        hook.on_gradients(iteration, gradients)
        for weight, gradient in zip(weights.values(), gradients, strict=True):
            weight -= gradient / 10
        hook.after_step(Step(iteration, torch.zeros(()), {}, 0.1))
    return seen


def test_the_whole_net_is_measured() -> None:
    ((iteration, numbers),) = trained(1, 1)
    assert iteration == 0
    assert numbers == {  # of the weights before the update
        "train/gradient_norm": pytest.approx(sqrt(1 + 4.8**2)),
        "train/weight_norm": pytest.approx(85),  # 13² + 84² = 85²
        "train/update_ratio": pytest.approx(
            sqrt(1 + 4.8**2) / 10 / 85, rel=1e-4
        ),  # of 84 in float32
    }


def test_each_layer_is_measured_where_that_is_asked_for() -> None:
    ((_, numbers),) = trained(1, 1, by_layer=True)
    assert {tag: number for tag, number in numbers.items() if "train" not in tag} == {
        "gradient_norm/conv": pytest.approx(1),
        "gradient_norm/ip": pytest.approx(4.8),
        "weight_norm/conv": pytest.approx(13),
        "weight_norm/ip": pytest.approx(84),
        "update_ratio/conv": pytest.approx(0.1 / 13, rel=1e-4),
        "update_ratio/ip": pytest.approx(0.48 / 84, rel=1e-4),
    }


def test_only_what_is_due_is_measured() -> None:
    assert [iteration for iteration, _ in trained(3, 7)] == [0, 3, 6]
    assert trained(0, 3) == []


def test_summed_gradients_are_shown_as_their_mean() -> None:
    ((_, numbers),) = trained(1, 1, iter_size=4)
    assert numbers["train/gradient_norm"] == pytest.approx(sqrt(1 + 4.8**2) / 4)


def test_an_optimizer_that_shows_no_gradients_leaves_their_norm_out() -> None:
    seen: list[Numbers] = []
    weight = torch.zeros(2)
    hook = Norms(
        1,
        {"a/weight": weight},
        Turns([]),
        iter_size=1,
        by_layer=True,
        record=lambda iteration, numbers: seen.append(numbers),
    )
    hook.before_step(0)
    weight += 1
    hook.after_step(Step(0, torch.zeros(()), {}, 0.1))
    assert seen == [  # nothing by which the change could be divided
        {
            "train/weight_norm": 0.0,
            "train/update_ratio": 0.0,
            "weight_norm/a": 0.0,
            "update_ratio/a": 0.0,
        }
    ]


def test_updates_of_their_own_are_put_together() -> None:
    weights = {"a/w": torch.tensor([1.0]), "b/w": torch.tensor([1.0])}
    seen: list[Numbers] = []
    hook = Norms(
        1,
        weights,
        Turns([Turn(("a/w",)), Turn(("b/w",), every=2)]),
        iter_size=1,
        by_layer=True,
        record=lambda iteration, numbers: seen.append(numbers),
    )

    def step(iteration: int, *gradients: Tensor) -> None:
        hook.before_step(iteration)
        for gradient in gradients:
            hook.on_gradients(iteration, [gradient])
        hook.after_step(Step(iteration, torch.zeros(()), {}, 0.1))

    step(0, torch.tensor([3.0]), torch.tensor([4.0]))
    step(1, torch.tensor([3.0]))
    assert [numbers["train/gradient_norm"] for numbers in seen] == pytest.approx([5, 3])
    assert seen[0]["gradient_norm/b"] == pytest.approx(4)
    assert "gradient_norm/b" not in seen[1]
