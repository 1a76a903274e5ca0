from __future__ import annotations

import torch

from protonet.debug.timing_inputs import fixed_inputs
from protonet.net import Net
from tests.specs import INPUTS, net_of

LAYERS = (
    "name: conv, type: Convolution, bottom: data, num_output: 3, kernel_size: 28",
    "name: ip, type: InnerProduct, num_output: 10",
    "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]",
)


def test_inputs_are_of_the_declared_types_and_in_the_nets_layout() -> None:
    net = Net(net_of(*LAYERS, inputs=INPUTS.replace("[1, 28, 28]", "[3, 28, 28]")))

    data, label = fixed_inputs(net, {"N": 64})

    assert (data.shape, data.dtype) == ((64, 3, 28, 28), torch.float32)
    assert data.is_contiguous(memory_format=torch.channels_last)
    assert (label.shape, label.dtype) == ((64,), torch.int64)
    assert 0 <= label.min() < label.max() <= 9
    assert net.graph_module(data, label)["loss"].isfinite()


def test_the_numbers_follow_from_the_seed() -> None:
    net = Net(net_of(*LAYERS, inputs=INPUTS))
    first, same, other = (fixed_inputs(net, {"N": 2}, seed)[0] for seed in (1, 1, 2))

    assert torch.equal(first, same)
    assert not torch.equal(first, other)
