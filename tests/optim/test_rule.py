"""What holds of every rule, on both ways of computing it; the rules' own numbers stand beside."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from protonet.errors import SnapshotError
from protonet.optim import OPTIMIZERS, Optimizer, Slot, lists
from tests.optim.building import built, ready
from tests.optim.conftest import Build

PARAMS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": 0.9},
    "Nesterov": {"momentum": 0.9},
    "AdaGrad": {},
    "RMSProp": {"rms_decay": 0.9},
    "AdaDelta": {"momentum": 0.9, "delta": 1e-6},
    "Adam": {"momentum": 0.9},
}
BUFFERS = {"SGD": 1, "Nesterov": 1, "AdaGrad": 1, "RMSProp": 1, "AdaDelta": 2, "Adam": 2}
"""CAFFE.md §2.1: how many numbers each rule remembers of a weight."""

every_rule = pytest.mark.parametrize("name", OPTIMIZERS)


def start() -> torch.Tensor:
    """Return weights in channels last, from a seed."""
    generator = torch.Generator().manual_seed(1701)
    weight = torch.rand(4, 3, 2, 2, generator=generator)
    return weight.to(memory_format=torch.channels_last)


def descend(rule: Optimizer, weight: torch.Tensor, count: int) -> None:
    """Take steps along a gradient that depends on the weights."""
    for _ in range(count):
        rule.update([weight * weight - 0.3], 0.01, ready())


def after_one(build: Build, name: str, gradient: torch.Tensor, **how: Any) -> torch.Tensor:
    """Return the weights after one step at rate 0.1."""
    weight = start()
    slot = Slot("a/w", weight, how.pop("lr_mult", 1.0), how.pop("decay_mult", 1.0))
    rule = build(name, [slot], **PARAMS[name], **how)
    rule.update([gradient], 0.1, ready())
    return weight


def test_every_rule_is_tried() -> None:
    assert PARAMS.keys() == BUFFERS.keys() == OPTIMIZERS.keys()


@every_rule
def test_a_saved_state_continues_bit_for_bit(build: Build, name: str) -> None:
    alone, weight = start(), start()
    descend(build(name, [Slot("a/w", alone)], weight_decay=0.1, **PARAMS[name]), alone, 10)
    rule = build(name, [Slot("a/w", weight)], weight_decay=0.1, **PARAMS[name])
    descend(rule, weight, 5)
    saved = {key: tensor.contiguous().clone() for key, tensor in rule.state().items()}

    resumed = build(name, [Slot("a/w", weight)], weight_decay=0.1, **PARAMS[name])
    resumed.load_state(saved)
    descend(resumed, weight, 5)

    assert torch.equal(weight, alone)
    assert not torch.equal(weight, start())
    assert resumed.state()["history/a/w"].stride() == weight.stride()


@every_rule
def test_all_first_buffers_are_saved_before_all_second(name: str) -> None:
    slots = [Slot("a/w", torch.zeros(2)), Slot("b/w", torch.zeros(3), lr_mult=2.0)]

    state = built(name, slots, **PARAMS[name]).state()

    expected = ["history/a/w", "history/b/w", "history2/a/w", "history2/b/w"][: 2 * BUFFERS[name]]
    assert list(state) == expected + ["steps"] * (name == "Adam")
    assert all(tensor.count_nonzero() == 0 for tensor in state.values())


@every_rule
def test_the_state_is_known_without_memory(name: str) -> None:
    state = built(name, [Slot("a/w", torch.zeros(5, device="meta"))], **PARAMS[name]).state()

    history = [tensor for key, tensor in state.items() if key.startswith("history")]
    assert [tensor.device.type for tensor in history] == ["meta"] * BUFFERS[name]
    assert sum(tensor.nbytes for tensor in history) == 20 * BUFFERS[name]  # 5 numbers of 4 bytes


@every_rule
@pytest.mark.parametrize("kind", ["L1", "L2"])
def test_decay_is_coupled_to_the_gradient(build: Build, name: str, kind: str) -> None:
    penalty = start().sign() if kind == "L1" else start()

    found = after_one(
        build,
        name,
        torch.full_like(start(), 0.5),
        decay_mult=2.0,
        weight_decay=0.1,
        regularization_type=kind,
    )

    expected = after_one(build, name, 0.5 + 0.2 * penalty)
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-7)


@every_rule
def test_lr_mult_scales_the_rate(build: Build, name: str) -> None:
    gradient = torch.full_like(start(), 0.5)
    once = start() - after_one(build, name, gradient.clone())
    twice = start() - after_one(build, name, gradient.clone(), lr_mult=2.0)

    torch.testing.assert_close(twice, 2 * once, rtol=1e-5, atol=2e-7)  # weights near 1 round
    assert once.abs().max() > 1e-5


@every_rule
def test_lr_mult_0_leaves_a_parameter_alone(build: Build, name: str) -> None:
    weights, flag = [torch.ones(1), torch.ones(1)], ready()
    slots = [Slot("bn/mean", weights[0], lr_mult=0.0), Slot("ip/weight", weights[1])]
    rule = build(name, slots, weight_decay=0.5, **PARAMS[name])

    rule.update([torch.tensor([math.nan]), torch.ones(1)], 0.5, flag)

    assert (weights[0].item(), flag.item()) == (1.0, 0.0)
    assert weights[1].item() < 1.0
    assert not [key for key in rule.state() if "mean" in key]


@every_rule
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_not_finite_stops_every_group_for_good(
    build: Build, name: str, value: float
) -> None:
    weights, flag = [torch.ones(2), torch.ones(2)], ready()
    slots = [Slot("a/w", weights[0]), Slot("a/b", weights[1], lr_mult=2.0)]
    rule = build(name, slots, weight_decay=0.5, **PARAMS[name])
    rule.update([torch.ones(2), torch.ones(2)], 0.25, flag)
    kept = [*weights, *(tensor for key, tensor in rule.state().items() if key != "steps")]
    before = [tensor.clone() for tensor in kept]

    rule.update([torch.ones(2), torch.tensor([1.0, value])], 0.25, flag)
    rule.update([torch.ones(2), torch.ones(2)], 0.25, flag)

    assert all(torch.equal(old, new) for old, new in zip(before, kept, strict=True))
    assert flag.item() == 1.0


@every_rule
def test_no_gradient_counts_as_zeros(build: Build, name: str) -> None:
    weights = [start(), start()]
    for weight, gradient in zip(weights, [None, torch.zeros_like(start())], strict=True):
        rule = build(name, [Slot("a/w", weight)], weight_decay=0.1, **PARAMS[name])
        rule.update([gradient], 0.1, ready())

    assert torch.equal(*weights)
    assert not torch.equal(weights[0], start())


@every_rule
def test_both_ways_agree_over_many_steps(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They round differently, by an ulp or two; L1 and L2 take different kernels' paths."""
    ends = []
    for devices in (lists.FUSED_DEVICES, frozenset[str]()):
        monkeypatch.setattr(lists, "FUSED_DEVICES", devices)
        for kind in ("L1", "L2"):
            weight = start()
            decay = {"weight_decay": 0.01, "regularization_type": kind}
            descend(built(name, [Slot("a/w", weight)], **PARAMS[name], **decay), weight, 20)
            ends.append(weight)

    torch.testing.assert_close(ends[0], ends[2], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(ends[1], ends[3], rtol=1e-5, atol=1e-6)


@every_rule
def test_a_parameter_in_another_type_is_updated_beside_the_others(build: Build, name: str) -> None:
    weights = [torch.ones(1), torch.ones(1, dtype=torch.float64)]
    slots = [Slot(f"ip{place}/w", weight) for place, weight in enumerate(weights)]

    rule = build(name, slots, **PARAMS[name])
    rule.update([torch.ones_like(weight) for weight in weights], 0.25, ready())

    assert weights[0].item() == pytest.approx(weights[1].item(), rel=1e-6)
    assert weights[0].item() < 1.0


@every_rule
def test_a_rule_without_parameters_does_nothing(build: Build, name: str) -> None:
    flag = ready()

    build(name, [], **PARAMS[name]).update([], 0.1, flag)

    assert flag.item() == 0.0


@every_rule
def test_every_rule_works_as_its_defaults_have_it(build: Build, name: str) -> None:
    weight = start()

    descend(build(name, [Slot("a/w", weight)]), weight, 3)

    assert weight.isfinite().all()
    assert not torch.equal(weight, start())


def test_refuses_the_state_of_another_rule() -> None:
    slots = [Slot("a/w", torch.zeros(2))]
    saved = built("AdaDelta", slots).state()

    with pytest.raises(SnapshotError) as caught:
        built("Adam", slots).load_state(saved)

    assert str(caught.value) == "the optimizer state fits other parameters: steps is missing"


@pytest.mark.gpu
@every_rule
def test_an_update_on_the_gpu_never_waits_for_it(name: str) -> None:
    cpu, gpu = start(), start().cuda()
    flag, gradient = torch.zeros((), device="cuda"), torch.full_like(gpu, 0.5)
    rule = built(name, [Slot("a/w", gpu)], weight_decay=0.1, **PARAMS[name])

    torch.cuda.set_sync_debug_mode("error")
    try:
        rule.update([gradient], 0.1, flag)
    finally:
        torch.cuda.set_sync_debug_mode("default")

    other = built(name, [Slot("a/w", cpu)], weight_decay=0.1, **PARAMS[name])
    other.update([torch.full_like(cpu, 0.5)], 0.1, ready())
    torch.testing.assert_close(gpu.cpu(), cpu, rtol=1e-5, atol=1e-6)
