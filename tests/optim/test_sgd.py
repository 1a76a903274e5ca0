"""Expected numbers: v = m v + r (g + d w); w -= v, worked by hand (or in plain Python)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from protonet.errors import SnapshotError
from protonet.optim import OPTIMIZERS, Slot, lists
from protonet.optim.sgd import Sgd, SgdParams

Build = Callable[..., Sgd]


@pytest.fixture(params=["fused", "portable"])
def sgd(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Build the rule on either way of computing it."""
    if request.param == "portable":
        monkeypatch.setattr(lists, "FUSED_DEVICES", frozenset())

    def build(slots: Sequence[Slot], **params: Any) -> Sgd:
        return Sgd(slots, SgdParams(**params))

    return build


def ready() -> torch.Tensor:
    return torch.zeros(())


def test_the_table_builds_it() -> None:
    sgd = OPTIMIZERS["SGD"]
    weight = torch.tensor([1.0])

    sgd.build(sgd.params(), [Slot("ip/weight", weight)]).update([torch.ones(1)], 0.5, ready())

    assert weight.tolist() == [0.5]


def test_the_rate_goes_into_the_history(sgd: Build) -> None:
    weight = torch.tensor([1.0])
    rule = sgd([Slot("ip/weight", weight)], momentum=0.5)

    rule.update([torch.tensor([2.0])], 0.25, ready())  # v = 0.5, w = 0.5
    rule.update([torch.tensor([2.0])], 0.125, ready())  # v = 0.25 + 0.25 = 0.5, w = 0

    assert rule.history["ip/weight"].tolist() == [0.5]
    assert weight.tolist() == [0.0]


def test_l2_decay_pulls_in_proportion(sgd: Build) -> None:
    weight = torch.tensor([4.0, -2.0])
    rule = sgd([Slot("ip/weight", weight, decay_mult=2.0)], momentum=0.5, weight_decay=0.125)

    rule.update([torch.zeros(2)], 0.5, ready())  # v = 0.5 * 0.25 * w

    assert weight.tolist() == [3.5, -1.75]


def test_l1_decay_pulls_by_the_same_amount_and_leaves_zero(sgd: Build) -> None:
    weight = torch.tensor([4.0, -2.0, 0.0])
    rule = sgd(
        [Slot("ip/weight", weight)], momentum=0.5, weight_decay=0.25, regularization_type="L1"
    )

    rule.update([torch.zeros(3)], 0.5, ready())  # v = 0.5 * 0.25 * sign(w)

    assert weight.tolist() == [3.875, -1.875, 0.0]


def test_multipliers_scale_each_parameter_by_itself(sgd: Build) -> None:
    weights = [torch.tensor([1.0]) for _ in range(3)]
    rule = sgd(
        [
            Slot("ip/weight", weights[0], lr_mult=1.0, decay_mult=1.0),
            Slot("ip/bias", weights[1], lr_mult=2.0, decay_mult=0.0),
            Slot("ip2/weight", weights[2], lr_mult=1.0, decay_mult=1.0),
        ],
        momentum=0.5,
        weight_decay=0.5,
    )

    rule.update([torch.tensor([0.5]), torch.tensor([0.5]), torch.tensor([1.5])], 0.25, ready())

    # 1 - 0.25 (0.5 + 0.5), 1 - 0.5 * 0.5, 1 - 0.25 (1.5 + 0.5)
    assert [weight.item() for weight in weights] == [0.75, 0.75, 0.5]


def test_without_momentum_there_is_no_history(sgd: Build) -> None:
    weight = torch.tensor([1.0])
    rule = sgd([Slot("ip/weight", weight)], weight_decay=0.5)

    rule.update([torch.tensor([1.5])], 0.25, ready())  # 1 - 0.25 (1.5 + 0.5)
    rule.update([torch.tensor([0.75])], 0.5, ready())  # 0.5 - 0.5 (0.75 + 0.25)

    assert rule.state() == {}
    assert weight.tolist() == [0.0]


def test_lr_mult_0_leaves_a_parameter_alone(sgd: Build) -> None:
    weight = torch.tensor([1.0])
    rule = sgd([Slot("bn/mean", weight, lr_mult=0.0)], momentum=0.9, weight_decay=0.5)
    flag = ready()

    rule.update([torch.tensor([math.nan])], 0.5, flag)

    assert (weight.item(), flag.item(), rule.state()) == (1.0, 0.0, {})


def test_a_parameter_without_gradient_still_decays(sgd: Build) -> None:
    weight = torch.tensor([4.0])
    rule = sgd([Slot("ip/weight", weight)], momentum=0.5, weight_decay=0.25)

    rule.update([None], 0.5, ready())

    assert weight.tolist() == [3.5]


def test_learns_through_a_parameter_that_requires_grad(sgd: Build) -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0]))
    rule = sgd([Slot("ip/weight", weight)], momentum=0.5)

    rule.update([torch.tensor([1.0])], 0.5, ready())

    assert weight.tolist() == [0.5]
    assert not rule.history["ip/weight"].requires_grad


def test_a_gradient_of_another_memory_format_falls_on_the_right_weights(sgd: Build) -> None:
    weight = torch.zeros(2, 3, 2, 2).to(memory_format=torch.channels_last)
    gradient = torch.arange(24.0).reshape(2, 3, 2, 2)
    rule = sgd([Slot("conv/weight", weight)], momentum=0.5)

    rule.update([gradient.clone()], 1.0, ready())

    assert weight.tolist() == (-gradient).tolist()
    assert rule.history["conv/weight"].is_contiguous(memory_format=torch.channels_last)


def test_one_gradient_of_two_parameters_is_used_once_for_each(sgd: Build) -> None:
    weights = [torch.tensor([1.0]) for _ in range(3)]
    slots = [Slot(f"ip{i}/weight", weight, lr_mult=1.0 + i) for i, weight in enumerate(weights)]
    gradient = torch.tensor([1.0])

    sgd(slots).update([gradient] * 3, 0.25, ready())

    assert [weight.item() for weight in weights] == [0.75, 0.5, 0.25]  # 1 - 0.25 lr_mult


def test_a_parameter_in_another_type_is_updated_beside_the_others(sgd: Build) -> None:
    weights = [torch.tensor([1.0]), torch.tensor([1.0], dtype=torch.float64)]
    slots = [Slot(f"ip{i}/weight", weight) for i, weight in enumerate(weights)]
    gradients = [torch.ones_like(weight) for weight in weights]

    sgd(slots, momentum=0.5).update(gradients, 0.25, ready())

    assert [weight.item() for weight in weights] == [0.75, 0.75]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("params", [{}, {"momentum": 0.5}, {"regularization_type": "L1"}])
def test_a_non_finite_gradient_stops_every_group_for_good(
    sgd: Build, value: float, params: dict[str, Any]
) -> None:
    weights = [torch.tensor([1.0, 2.0]) for _ in range(2)]
    slots = [Slot("ip/weight", weights[0]), Slot("ip/bias", weights[1], lr_mult=2.0)]
    rule = sgd(slots, weight_decay=0.5, **params)
    flag = ready()
    rule.update([torch.ones(2), torch.ones(2)], 0.25, flag)
    before = [tensor.clone() for tensor in [*weights, *rule.history.values()]]

    rule.update([torch.ones(2), torch.tensor([1.0, value])], 0.25, flag)
    rule.update([torch.ones(2), torch.ones(2)], 0.25, flag)

    after = [*weights, *rule.history.values()]
    assert all(torch.equal(old, new) for old, new in zip(before, after, strict=True))
    assert flag.item() == 1.0


def test_a_rate_of_zero_still_notices_a_non_finite_gradient(sgd: Build) -> None:
    weight, flag = torch.tensor([1.0]), ready()

    sgd([Slot("ip/weight", weight)], momentum=0.5).update([torch.tensor([math.inf])], 0.0, flag)

    assert (weight.item(), flag.item()) == (1.0, 1.0)


def test_saved_history_continues_exactly(sgd: Build) -> None:
    def steps(rule: Sgd, weight: torch.Tensor, count: int) -> None:
        for _ in range(count):
            rule.update([weight * weight - 3.0], 0.01, ready())

    start = torch.rand(4, 3, 2, 2).to(memory_format=torch.channels_last)
    alone, first = start.clone(), start.clone()
    steps(sgd([Slot("conv/weight", alone)], momentum=0.9, weight_decay=0.1), alone, 10)
    rule = sgd([Slot("conv/weight", first)], momentum=0.9, weight_decay=0.1)
    steps(rule, first, 5)
    saved = {name: tensor.contiguous().clone() for name, tensor in rule.state().items()}

    resumed = sgd([Slot("conv/weight", first)], momentum=0.9, weight_decay=0.1)
    resumed.load_state(saved)
    steps(resumed, first, 5)

    assert list(saved) == ["history/conv/weight"]
    assert torch.equal(first, alone)
    assert resumed.history["conv/weight"].stride() == start.stride()


def test_refuses_a_state_of_other_parameters() -> None:
    rule = Sgd([Slot("a/w", torch.zeros(2)), Slot("b/w", torch.zeros(2))], SgdParams(momentum=0.9))
    saved = {"history/b/w": torch.zeros(3, 1), "history/c/w": torch.zeros(2)}

    with pytest.raises(SnapshotError) as caught:
        rule.load_state(saved)

    assert str(caught.value) == (
        "the optimizer state fits other parameters: history/a/w is missing; "
        "history/b/w is (3, 1), not (2,); history/c/w is of no parameter here"
    )


@pytest.mark.parametrize(
    ("wrong", "place", "why"),
    [
        ({"momentum": -0.1}, "momentum", "Input should be greater than or equal to 0"),
        ({"momentum": math.inf}, "momentum", "Input should be a finite number"),
        ({"weight_decay": "0.1"}, "weight_decay", "a number is needed"),
        (
            {"regularization_type": "L3"},
            "regularization_type",
            "Input should be 'L2' or 'L1'",
        ),
        ({"lr": 1}, "lr", "unknown key"),
    ],
)
def test_refuses_params_that_no_rule_has(wrong: dict[str, Any], place: str, why: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SgdParams(**wrong)

    assert [(error["loc"], error["msg"]) for error in caught.value.errors()] == [((place,), why)]


@pytest.mark.gpu
def test_an_update_on_the_gpu_never_waits_for_it() -> None:
    weights = [torch.ones(3, device="cuda") for _ in range(2)]
    slots = [Slot("ip/weight", weights[0]), Slot("ip/bias", weights[1], lr_mult=2.0)]
    rule = Sgd(slots, SgdParams(momentum=0.5, weight_decay=0.25))
    flag, gradients = torch.zeros((), device="cuda"), [torch.ones(3, device="cuda")] * 2

    torch.cuda.set_sync_debug_mode("error")
    try:
        rule.update(gradients, 0.5, flag)
    finally:
        torch.cuda.set_sync_debug_mode("default")

    assert [weight[0].item() for weight in weights] == [0.375, -0.25]  # 1 - 0.5 * 1.25, 1 - 1.25
