"""A net whose BatchNorms are computed with their Scales does what it does without."""

from __future__ import annotations

import pytest
import torch

from protonet.net import Net
from protonet.net.fusing import ScaledStatistics, fused
from tests.specs import spec_of

NET = """\
net:
  inputs: {data: [3, 6, 6], label: {shape: [], dtype: int64}}
  layers:
    - {name: conv, type: Convolution, num_output: 4, kernel_size: 3, weight_filler: xavier}
    - {name: bn, type: BatchNorm, top: conv%(frozen)s}
    - {name: scale, type: Scale, top: conv, bias_term: true,
       filler: {type: uniform, min: 0.5, max: 2}, bias_filler: {type: gaussian, std: 1}%(more)s}
    - {name: fc, type: InnerProduct, num_output: 3, weight_filler: xavier}
    - {name: loss, type: SoftmaxWithLoss, bottom: [fc, label]}
"""
APART = {
    "another axis": (", axis: 2", ""),
    "no bias": (", bias_term: false", ""),
    "one factor": (", num_axes: 0", ""),
}


def net(more: str = "", frozen: str = "") -> Net:
    text = NET % {"more": more, "frozen": frozen}
    if "bias_term: false" in more:
        text = text.replace(", bias_term: true", "")
    return Net(spec_of(text).net, seed=2)


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    return torch.randn(5, 3, 6, 6, generator=generator), torch.tensor([0, 1, 2, 0, 1])


def trained(made: Net, module: torch.nn.Module) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Return the loss, and gradients and statistics by name."""
    loss = made.total_loss(module(*batch()))
    loss.backward()
    found = {slot.name: slot.tensor.grad for slot in made.learnable}
    statistics = {f"bn/{name}": tensor for name, tensor in made.params["bn"].items()}
    return loss.detach(), {**statistics, **{k: v for k, v in found.items() if v is not None}}


@pytest.mark.parametrize("frozen", ["", ", use_global_stats: true"])
def test_loss_gradients_and_statistics_are_the_same(frozen: str) -> None:
    plain, other = net(frozen=frozen), net(frozen=frozen)
    module = fused(other.graph_module)
    for made in (plain, other):
        for start, name in ((3.0, "mean"), (8.0, "variance"), (2.0, "scale_factor")):
            made.params["bn"][name].fill_(start)
    loss, numbers = trained(plain, plain.graph_module)
    own_loss, own = trained(other, module)
    assert sum(isinstance(part, ScaledStatistics) for part in module.modules()) == 1
    torch.testing.assert_close(own_loss, loss, rtol=1e-6, atol=0)
    assert own.keys() == numbers.keys()
    assert "scale/weight" in own
    for name, value in numbers.items():
        torch.testing.assert_close(own[name], value, rtol=1e-5, atol=1e-6)


def test_the_net_itself_stays_as_it_is() -> None:
    made = net()
    before = made.graph_module.code
    module = fused(made.graph_module)
    assert made.graph_module.code == before
    assert module is not made.graph_module
    assert {id(one) for one in module.parameters()} == {
        id(one) for one in made.graph_module.parameters()
    }


@pytest.mark.parametrize("name", [name for name in APART if name != "another axis"])
def test_what_is_no_factor_for_each_channel_is_left_alone(name: str) -> None:
    made = net(*APART[name])
    assert fused(made.graph_module) is made.graph_module


def test_factors_along_another_axis_are_not_taken_for_those_of_channels() -> None:
    plain, other = net(*APART["another axis"]), net(*APART["another axis"])
    module = fused(other.graph_module)  # (N, 4, 4, 4): as many factors as channels
    assert module is not other.graph_module
    loss, _ = trained(plain, plain.graph_module)
    own, _ = trained(other, module)
    assert own == loss


def test_a_blob_that_others_read_too_is_not_fused() -> None:
    text = NET % {"more": "", "frozen": ""}
    text = text.replace("name: bn, type: BatchNorm, top: conv", "name: bn, type: BatchNorm")
    text = text.replace("top: conv, bias_term", "bottom: bn, top: conv, bias_term")
    text += "    - {name: other, type: Reduction, bottom: bn, loss_weight: 1}\n"
    made = Net(spec_of(text).net)
    assert fused(made.graph_module) is made.graph_module


def test_a_net_without_a_batch_norm_is_the_same_net() -> None:
    made = net()
    lines = [line for line in (NET % {"more": "", "frozen": ""}).splitlines() if "bn" not in line]
    without = Net(spec_of("\n".join(lines) + "\n").net)
    assert fused(without.graph_module) is without.graph_module
    assert fused(made.graph_module) is not made.graph_module
