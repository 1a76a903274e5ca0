"""A checkpointed net does what the net does, and keeps less."""

from __future__ import annotations

import pytest
import torch
from torch import fx, nn

from protonet.net import Net
from protonet.net.checkpointing import Checkpointed, checkpointed, part_of
from tests.specs import spec_of

NET = """\
net:
  inputs: {data: [3, 8, 8], label: {shape: [], dtype: int64}}
  blocks:
    part:
      layers:
        - {name: conv, type: Convolution, num_output: 8, kernel_size: 3, pad: 1,
           weight_filler: xavier}
        - {name: bn, type: nn.BatchNorm2d}
        - {name: relu, type: ReLU}
        - {name: drop, type: Dropout}
  layers:
    - {name: first, type: part}
    - {name: more, type: part, repeat: 2}
    - {name: fc, type: InnerProduct, num_output: 3, weight_filler: xavier}
    - {name: loss, type: SoftmaxWithLoss, bottom: [fc, label]}
"""


def names(net: Net) -> dict[int, str]:
    return {id(leaf.module): leaf.node.layer.name for leaf in net.leaves()}


def step(net: Net, module: nn.Module) -> tuple[float, list[torch.Tensor], list[torch.Tensor], int]:
    """Return loss, gradients, buffers, and the bytes that were kept for the backward pass."""
    kept: set[tuple[int, int]] = set()

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if not isinstance(tensor, nn.Parameter):
            kept.add((tensor.data_ptr(), tensor.nbytes))
        return tensor

    generator = torch.Generator().manual_seed(2)
    data, label = torch.randn(4, 3, 8, 8, generator=generator), torch.tensor([0, 1, 2, 0])
    parameters = [slot.tensor for slot in net.learnable]
    for parameter in parameters:
        parameter.grad = None
    torch.manual_seed(5)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = net.total_loss(module(data, label))
    loss.backward()
    gradients = [parameter.grad.clone() for parameter in parameters if parameter.grad is not None]
    buffers = [buffer.clone() for buffer in module.buffers()]
    return loss.item(), gradients, buffers, sum(size for _, size in kept)


def test_the_same_numbers_come_out_and_less_is_kept() -> None:
    plain, other = (Net(spec_of(NET).net, seed=1) for _ in range(2))
    module = checkpointed(other.graph_module, names(other), ["first", "more*"])
    loss, gradients, buffers, most = step(plain, plain.graph_module)
    found, own_gradients, own_buffers, less = step(other, module)
    assert found == loss
    assert len(gradients) == len(own_gradients) == 14
    assert all(torch.equal(*pair) for pair in zip(gradients, own_gradients, strict=True))
    assert all(torch.equal(*pair) for pair in zip(buffers, own_buffers, strict=True))
    assert any(buffer.abs().sum() > 0 for buffer in buffers)
    assert less < most / 2


def test_each_instance_is_one_part() -> None:
    net = Net(spec_of(NET).net)
    module = checkpointed(net.graph_module, names(net), ["first", "more*"])
    parts = [part for part in module.children() if isinstance(part, Checkpointed)]
    assert len(parts) == 3
    assert [len([*part.part.children()]) for part in parts] == [4, 4, 4]
    assert {id(parameter) for parameter in module.parameters()} == {
        id(parameter) for parameter in net.graph_module.parameters()
    }


def test_without_a_fitting_name_nothing_is_checkpointed() -> None:
    net = Net(spec_of(NET).net)
    module = checkpointed(net.graph_module, names(net), ["nothing"])
    assert isinstance(module, fx.GraphModule)
    assert not any(isinstance(part, Checkpointed) for part in module.modules())


@pytest.mark.parametrize(
    ("layer", "patterns", "expected"),
    [
        ("res2/a/conv", ["res*"], "res2"),
        ("res2/a/conv", ["res2/?"], "res2/a"),
        ("res2/a/conv", ["*/conv"], "res2/a/conv"),
        ("fc", ["res*"], None),
        ("fc", ["f?"], "fc"),
    ],
)
def test_the_outermost_name_that_fits_is_the_part(
    layer: str, patterns: list[str], expected: str | None
) -> None:
    assert part_of(layer, patterns) == expected
