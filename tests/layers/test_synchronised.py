"""The parts of a batch, normalised together, against torch's own BatchNorm of the whole."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from protonet.distributed.group import Group
from protonet.layers import LAYERS
from protonet.layers.batch_norm import BATCH_NORM
from protonet.layers.synchronised import common_statistics, unbiased
from tests.distributed.siblings import together
from tests.layers.building import build

PARTS = (slice(0, 3), slice(3, 5), slice(5, 10))


@pytest.fixture
def batch() -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return (
        torch.randn(10, 4, 3, 2, generator=generator) * 3 + 100
    )  # far from 0: squares would cancel


def of_parts(make: Any, batch: Tensor, weights: Tensor) -> tuple[Tensor, Tensor, list[nn.Module]]:
    """Return top and gradient of a batch whose parts are normalised by as many ranks."""

    def work(group: Group) -> tuple[Tensor, Tensor, nn.Module]:
        module, part = make(), PARTS[group.rank]
        module.rows = group.rows
        own = batch[part].clone().requires_grad_()
        top = module(own)
        (top * weights[part]).sum().backward()
        assert own.grad is not None
        return top.detach(), own.grad, module

    found = together(len(PARTS), work)
    tops, gradients, modules = zip(*found, strict=True)
    return torch.cat(tops), torch.cat(gradients), list(modules)


def torchs(batch: Tensor, weights: Tensor, **keys: Any) -> tuple[Tensor, Tensor, nn.BatchNorm2d]:
    whole = nn.BatchNorm2d(4, **keys)
    own = batch.clone().requires_grad_()
    top = whole(own)
    (top * weights).sum().backward()
    assert own.grad is not None
    return top.detach(), own.grad, whole


def test_caffes_layer_normalises_the_whole_batch(batch: Tensor) -> None:
    weights = torch.randn(batch.shape, generator=torch.Generator().manual_seed(2))
    top, gradient, modules = of_parts(lambda: build(BATCH_NORM, batch), batch, weights)
    expected = torchs(batch, weights, affine=False, momentum=1.0)
    torch.testing.assert_close(top, expected[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(gradient, expected[1], rtol=1e-4, atol=1e-5)
    for module in modules:
        kept: Any = module
        torch.testing.assert_close(kept.mean, expected[2].running_mean)
        torch.testing.assert_close(kept.variance, expected[2].running_var)
        assert kept.scale_factor.item() == 1.0


@pytest.mark.parametrize("momentum", [0.1, None])
def test_torchs_layer_normalises_the_whole_batch(batch: Tensor, momentum: float | None) -> None:
    def make() -> nn.Module:
        return build(LAYERS["nn.BatchNorm2d"], batch, momentum=momentum)

    weights = torch.randn(batch.shape, generator=torch.Generator().manual_seed(2))
    top, gradient, modules = of_parts(make, batch, weights)
    expected = torchs(batch, weights, momentum=momentum)
    torch.testing.assert_close(top, expected[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(gradient, expected[1], rtol=1e-4, atol=1e-5)
    for module in modules:
        for name, value in expected[2].named_buffers():
            torch.testing.assert_close(module.get_buffer(name), value)


def test_outside_training_the_stored_statistics_are_used(batch: Tensor) -> None:
    module: Any = build(LAYERS["nn.BatchNorm2d"], batch).eval()
    module.rows = pytest.fail
    torch.testing.assert_close(module(batch), batch / (1 + 1e-5) ** 0.5)


def test_statistics_are_those_of_all_parts() -> None:
    # 1 and 3 here, 8 there: mean 4, squares about it 9 + 1 + 16 = 26
    def work(group: Group) -> list[float]:
        own = torch.tensor([[8.0]]) if group.rank else torch.tensor([[1.0], [3.0]])
        mean, variance, count = common_statistics(own, group.rows)
        return [mean.item(), variance.item(), count.item(), unbiased(variance, count).item()]

    for found in together(2, work):
        assert found == pytest.approx([4.0, 26 / 3, 3.0, 13.0])


def test_the_variance_of_one_number_is_zero() -> None:
    assert unbiased(torch.tensor([0.0]), torch.tensor(1.0)).tolist() == [0.0]
