"""y = w·x with the loss y, whose gradient is x, by hand; nets by torch's own autograd."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from protonet.net import Net
from protonet.optim.sgd import Sgd, SgdParams
from protonet.run.inspection import inspect
from protonet.step.objective import Batch, Objective
from protonet.step.scale import Growth, LossScale
from protonet.step.update import Update
from tests.small import small_net


def update_of(net: Net, scale: LossScale | None = None, iter_size: int = 1) -> Update:
    objective = Objective(net.graph_module, net.total_loss, net.learnable)
    rule = Sgd(net.learnable, SgdParams())
    return Update(objective, rule, lambda at: 0.1, iter_size=iter_size, scale=scale)


def batch(count: int = 4) -> Batch:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, 6, generator=generator), torch.arange(count) % 3


@pytest.mark.parametrize("scale", [None, 1024.0])
def test_loss_and_norm_are_those_of_autograd(scale: float | None, tmp_path: Path) -> None:
    net = small_net(tmp_path)
    factor = LossScale(torch.device("cpu"), Growth(first=scale)) if scale else None
    torch.manual_seed(4)
    seen = inspect(net, update_of(net, factor), [batch()])
    torch.manual_seed(4)
    loss = net.total_loss(net.graph_module(*batch()))
    gradients = torch.autograd.grad(loss, [slot.tensor for slot in net.learnable])
    norm = torch.cat([one.flatten() for one in gradients]).norm()
    assert (seen.loss, seen.norm) == pytest.approx((loss.item(), norm.item()), rel=1e-6)
    assert seen.fault is None
    assert list(seen.gradients) == list(dict.fromkeys(seen.gradients))
    assert seen.gradients["scores/bias"].shape == (3,)


def test_nothing_is_changed(tmp_path: Path) -> None:
    net = small_net(tmp_path)
    before = {name: tensor.clone() for name, tensor in net.named_tensors().items()}
    inspect(net, update_of(net, iter_size=2), [batch(), batch(3)])
    assert all(torch.equal(before[name], now) for name, now in net.named_tensors().items())


def test_the_samples_behind_a_gradient_are_found_one_by_one(tmp_path: Path) -> None:
    net = small_net(tmp_path)

    def spoil(module: object, bottoms: tuple[torch.Tensor], top: torch.Tensor) -> None:
        factors = torch.where(bottoms[0][:, :1] > 50, math.inf, 1.0)  # (N, 1)
        top.register_hook(lambda gradient: gradient * factors)

    net.layer("hidden").register_forward_hook(spoil)
    data, labels = batch()
    data[2, 0] = 100.0
    fault = inspect(net, update_of(net), [batch(), (data, labels)]).fault
    assert fault is not None
    assert fault.what.endswith(" is not finite, the first on the way back")
    assert fault.what.startswith("the gradient of hidden/")
    assert (fault.batch, fault.samples) == (1, (2,))


def test_a_norm_may_overflow_where_no_gradient_does(tmp_path: Path) -> None:
    net = small_net(tmp_path)
    net.params["hidden"]["weight"].register_hook(lambda one: torch.full_like(one, 3e38))
    seen = inspect(net, update_of(net), [batch()])
    assert seen.fault is not None
    assert seen.fault.what == "every gradient is finite, but their norm is not"
