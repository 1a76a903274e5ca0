"""A net whose layers write over what they read computes the same bits, in less memory."""

from __future__ import annotations

import pytest
import torch
from torch import fx, nn

from protonet.layers.eltwise import Sum
from protonet.net import Net
from protonet.net.fusing import fused
from protonet.net.overwriting import overwriting
from tests.specs import spec_of

NET = """\
net:
  inputs: {data: [3, 6, 6], label: {shape: [], dtype: int64}}
  defaults: {Convolution: {num_output: 4, kernel_size: 3, pad: 1, weight_filler: xavier}}
  layers:
    - {name: conv1, type: Convolution}
    - {name: pool, type: Pooling, kernel_size: 2, stride: 2}
    - {name: relu1, type: ReLU}
    - {name: conv2, type: Convolution}
    - {name: bn, type: BatchNorm}
    - {name: scale, type: Scale, bias_term: true}
    - {name: relu2, type: ReLU}
    - {name: conv3, type: Convolution}
    - {name: sum, type: Eltwise, bottom: [relu1, conv3]}
    - {name: relu3, type: ReLU}
    - {name: fc, type: InnerProduct, num_output: 3, weight_filler: xavier}
    - {name: loss, type: SoftmaxWithLoss, bottom: [fc, label]}
"""
ONE = """\
net:
  inputs: {data: [3, 6, 6]}
  defaults: {Convolution: {num_output: 3, kernel_size: 1, weight_filler: xavier}}
  layers:
"""


def net(*lines: str) -> Net:
    text = ONE + "".join(f"    - {{name: {line}}}\n" for line in lines) if lines else NET
    return Net(spec_of(text).net, seed=2)


def changed(module: fx.GraphModule) -> list[str]:
    """Return the names of the layers that write over a bottom."""
    return [
        name
        for name, layer in module.named_modules()
        if getattr(layer, "inplace", False) or getattr(layer, "over", None) is not None
    ]


def stepped(made: Net, module: nn.Module) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return the loss and the gradients."""
    generator = torch.Generator().manual_seed(3)
    data, label = torch.randn(5, 3, 6, 6, generator=generator), torch.tensor([0, 1, 2, 0, 1])
    loss = made.total_loss(module(data, label))
    loss.backward()
    gradients = [slot.tensor.grad for slot in made.learnable]
    return loss.detach(), [one for one in gradients if one is not None]


def test_loss_and_gradients_have_the_same_bits() -> None:
    plain, other = net(), net()
    loss, gradients = stepped(plain, fused(plain.graph_module))
    module = overwriting(fused(other.graph_module))
    own_loss, own = stepped(other, module)
    assert changed(module) == ["relu1", "relu2", "sum", "relu3"]
    assert own_loss.equal(loss)
    assert len(own) == len(gradients) == len(plain.learnable)
    assert all(one.equal(two) for one, two in zip(own, gradients, strict=True))


@pytest.mark.parametrize(
    "maker",
    [
        "type: Convolution",
        "type: Convolution, bias_term: false, kernel_size: 3",
        "type: Deconvolution, num_output: 3, kernel_size: 2, weight_filler: xavier",
        "type: nn.Conv2d, out_channels: 3, kernel_size: 1",
        "type: BatchNorm",
        "type: BatchNorm, use_global_stats: true",
        "type: Scale, bias_term: true",
        "type: Scale, axis: 2",
        "type: Pooling, kernel_size: 2, stride: 2",
    ],
)
def test_no_gradient_needs_what_is_lost(maker: str) -> None:
    """Autograd refuses a gradient that needs a tensor that was written over."""
    made = net("first, type: Convolution", f"maker, {maker}", "relu, type: ReLU")
    data = torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(4))
    module = overwriting(made.graph_module)
    assert changed(module) == ["relu"]
    found = []
    for one in (made.graph_module, module):
        top = one(data)["relu"]
        found.append(torch.autograd.grad(top.square().sum(), made.learnable[0].tensor)[0])
    assert found[0].any()
    assert found[1].equal(found[0])


def test_what_a_layer_reads_and_gives_is_one_tensor() -> None:
    made = net("conv, type: Convolution", "relu, type: ReLU")
    module = overwriting(made.graph_module)
    seen: list[torch.Tensor] = []
    module.get_submodule("conv").register_forward_hook(lambda layer, read, top: seen.append(top))
    top = module(torch.randn(2, 3, 6, 6))["relu"]
    assert top.data_ptr() == seen[0].data_ptr()
    assert top.min() == 0


@pytest.mark.parametrize(
    ("bottoms", "over"),
    [("[relu, conv2]", 1), ("[conv2, relu]", 0), ("[conv1, conv2]", 1), ("[conv2, conv2]", None)],
)
def test_a_sum_writes_over_what_it_alone_reads(bottoms: str, over: int | None) -> None:
    made = net(
        "conv1, type: Convolution",
        "conv2, type: Convolution, bottom: data",
        "relu, type: ReLU, bottom: data",
        f"sum, type: Eltwise, bottom: {bottoms}",
    )
    layer = overwriting(made.graph_module).get_submodule("sum")
    assert isinstance(layer, Sum)
    assert layer.over == over


@pytest.mark.parametrize(
    "lines",
    [
        ("relu, type: ReLU",),  # it would lose what the net is fed
        ("conv, type: Convolution", "relu, type: ReLU", "more, type: Sigmoid, bottom: conv"),
        ("sigmoid, type: Sigmoid", "relu, type: ReLU"),  # its gradient is computed from its top
        ("pick, type: Pooling, kernel_size: 1, stride: 2", "relu, type: ReLU"),  # a view of data
        ("flat, type: Flatten", "relu, type: ReLU"),
        ("conv, type: Convolution", "elu, type: ELU"),
        ("conv, type: Convolution", "leaky, type: ReLU, negative_slope: 0.1"),
        ("conv, type: Convolution", "relu, type: ReLU, propagate_down: [false]"),
        (
            "conv, type: Convolution",
            "sum, type: Eltwise, bottom: [data, conv], coeff: [1, -1]",
        ),
        (  # three are summed in their order
            "conv, type: Convolution",
            "sum, type: Eltwise, bottom: [data, data, conv]",
        ),
    ],
)
def test_what_others_need_is_left_alone(lines: tuple[str, ...]) -> None:
    module = net(*lines).graph_module
    assert overwriting(module) is module


def test_the_net_itself_stays_as_it_is() -> None:
    made = net()
    module = overwriting(made.graph_module)
    assert changed(made.graph_module) == []
    assert [one for one, _ in module.named_parameters()] == [
        one for one, _ in made.graph_module.named_parameters()
    ]


def test_who_watches_a_layer_sees_what_takes_its_place() -> None:
    made = net()
    layers = {leaf.node.layer.name: leaf.module for leaf in made.leaves()}
    module = overwriting(fused(made.graph_module))
    seen: list[str] = []
    for name in ("scale", "relu2", "sum", "relu3"):
        layers[name].register_forward_hook(lambda layer, read, top, name=name: seen.append(name))
    module(torch.zeros(1, 3, 6, 6), torch.tensor([0]))
    assert seen == ["scale", "relu2", "sum", "relu3"]
