"""Expected weights: torch's own optimizers, run by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, optim

from protonet.errors import SnapshotError
from protonet.optim import Slot
from protonet.optim.bridge import torch_rule
from protonet.optim.lbfgs import LBFGS
from protonet.optim.torch_rule import FUSED, TorchRule

KINDS: dict[str, dict[str, Any]] = {
    "Adadelta": {"rho": 0.8},
    "Adafactor": {},
    "Adagrad": {"lr_decay": 0.1},
    "Adam": {"betas": [0.8, 0.9], "amsgrad": True},
    "AdamW": {"weight_decay": 0.1},
    "Adamax": {},
    "ASGD": {"t0": 2.0},
    "NAdam": {"weight_decay": 0.01},
    "RAdam": {},
    "RMSprop": {"momentum": 0.9, "centered": True},
    "Rprop": {},
    "SGD": {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
}


def tensors(seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    filters = torch.randn(4, 3, 2, 2, generator=generator)
    return [filters.to(memory_format=torch.channels_last), torch.randn(5, generator=generator)]


def slots(values: Sequence[Tensor], *, lr_mults: Sequence[float] = (1.0, 1.0)) -> list[Slot]:
    names = ("conv/weight", "ip/bias")
    return [
        Slot(name, tensor.requires_grad_(), lr_mult)
        for name, tensor, lr_mult in zip(names, values, lr_mults, strict=True)
    ]


def rule(name: str, own: Sequence[Slot]) -> TorchRule:
    made = torch_rule(getattr(optim, name), KINDS[name], own)
    assert isinstance(made, TorchRule)
    return made


def gradients(step: int) -> list[Tensor]:
    return [tensor * 0.1 for tensor in tensors(seed=100 + step)]


@pytest.mark.parametrize("name", KINDS)
def test_an_optimizer_does_what_torchs_does(name: str) -> None:
    ours, theirs = tensors(), [tensor.clone() for tensor in tensors()]
    made, flag = rule(name, slots(ours)), torch.zeros(())
    expected = getattr(optim, name)(theirs, lr=1.0, **KINDS[name])
    for step in range(5):
        lr = 0.1 / (1 + step)
        made.update(gradients(step), lr, flag)
        for group in expected.param_groups:
            group["lr"] = lr
        for tensor, gradient in zip(theirs, gradients(step), strict=True):
            tensor.grad = gradient
        expected.step()
    assert flag.item() == 0.0
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.detach(), other, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("strange", [torch.inf, torch.nan])
def test_nothing_that_is_not_finite_is_applied_nor_anything_after_it(
    name: str, strange: float
) -> None:
    ours = tensors()
    made, flag = rule(name, slots(ours)), torch.zeros(())
    made.update(gradients(0), 0.1, flag)
    before = [tensor.detach().clone() for tensor in ours]
    bad = gradients(1)
    bad[1][2] = strange
    made.update(bad, 0.1, flag)
    made.update(gradients(2), 0.1, flag)
    assert flag.item() == 1.0
    assert all(torch.equal(one, other) for one, other in zip(ours, before, strict=True))


@pytest.mark.parametrize("name", KINDS)
def test_a_saved_state_goes_on_with_the_same_bits(name: str) -> None:
    flag = torch.zeros(())
    first = tensors()
    one = rule(name, slots(first))
    for step in range(3):
        one.update(gradients(step), 0.1, flag)
    saved = {key: value.clone().contiguous() for key, value in one.state().items()}
    second = [tensor.detach().clone() for tensor in first]
    other = rule(name, slots(second))
    other.load_state(saved)
    for step in range(3, 6):
        one.update(gradients(step), 0.1, flag)
        other.update(gradients(step), 0.1, flag)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert one.state().keys() == other.state().keys() != set()


def test_factors_on_rate_and_decay_make_groups() -> None:
    ours = tensors()
    own = [
        Slot("a/w", ours[0].requires_grad_(), 1.0, 0.0),
        Slot("b/w", ours[1].requires_grad_(), 2.0),
    ]
    made = torch_rule(optim.SGD, {"weight_decay": 0.5}, own)
    assert isinstance(made, TorchRule)
    before = [tensor.detach().clone() for tensor in ours]
    made.update([torch.zeros_like(tensor) for tensor in ours], 0.1, torch.zeros(()))
    assert torch.equal(ours[0], before[0])
    torch.testing.assert_close(ours[1].detach(), before[1] * (1 - 0.2 * 0.5))


def test_the_state_of_other_parameters_is_refused() -> None:
    made = rule("Adam", slots(tensors()))
    strange = {"state/fc/weight/exp_avg": torch.zeros(1), "state/fc/bias/exp_avg": torch.zeros(1)}
    text = (
        "^the optimizer state fits other parameters: state/fc/bias/exp_avg is of no parameter "
        "here; state/fc/weight/exp_avg is of no parameter here$"
    )
    with pytest.raises(SnapshotError, match=text):
        made.load_state(strange)


def test_the_fused_kernels_are_those_that_can_be_held_back() -> None:
    for name in FUSED:
        assert rule(name, slots(tensors())).optimizer.defaults["fused"] is True
    assert rule("RMSprop", slots(tensors())).optimizer.defaults["foreach"] is True


def test_lbfgs_is_one_that_evaluates() -> None:
    assert isinstance(torch_rule(optim.LBFGS, {}, slots(tensors())), LBFGS)


def test_muon_takes_matrices() -> None:
    matrix = torch.randn(3, 4, generator=torch.Generator().manual_seed(1)).requires_grad_()
    before = matrix.detach().clone()
    made = torch_rule(optim.Muon, {}, [Slot("ip/weight", matrix)])
    assert isinstance(made, TorchRule)
    made.update([torch.ones(3, 4)], 0.1, torch.zeros(()))
    assert not torch.equal(matrix, before)
    with pytest.raises(ValueError, match="Muon"):
        torch_rule(optim.Muon, {}, slots(tensors()))
