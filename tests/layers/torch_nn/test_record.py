"""A class of torch.nn as a layer type, in whole nets."""

from __future__ import annotations

import torch

from protonet.layers import LAYERS
from protonet.layers.torch_nn.record import torch_type
from protonet.net import Net
from tests.specs import spec_of

CLASSIFIER = """
net:
  inputs: {data: [1, 8, 8], label: {shape: [], dtype: int64}}
  layers:
    - {name: conv, type: nn.Conv2d, out_channels: 4, kernel_size: 3}
    - {name: norm, type: nn.BatchNorm2d}
    - {name: relu, type: nn.ReLU}
    - {name: pool, type: nn.MaxPool2d, kernel_size: 2, top: [pool, places]}
    - {name: back, type: nn.MaxUnpool2d, kernel_size: 2, bottom: [pool, places]}
    - {name: flat, type: nn.Flatten}
    - {name: ip, type: nn.Linear, out_features: 3}
    - {name: loss, type: nn.CrossEntropyLoss, bottom: [ip, label]}
"""


def test_a_type_is_made_once() -> None:
    assert torch_type("GELU") is torch_type("GELU") is LAYERS["nn.GELU"]
    assert torch_type("GELU").name == "nn.GELU"


def test_the_text_of_a_type_says_what_it_reads() -> None:
    text = LAYERS["nn.MultiheadAttention"].build.__doc__ or ""
    assert text.endswith(
        "Bottoms: query, key, value, and on request key_padding_mask, attn_mask.\n"
        "Source: torch.nn.MultiheadAttention, whose own first values the parameters get."
    )


def test_a_net_of_torchs_modules_learns_and_keeps_its_statistics() -> None:
    net = Net(spec_of(CLASSIFIER).net, "train")
    torch.manual_seed(0)
    blobs = {"data": torch.randn(4, 1, 8, 8), "label": torch.tensor([0, 1, 2, 0])}
    first = net.total_loss(net(blobs))
    first.backward()
    with torch.no_grad():
        for slot in net.learnable:
            assert slot.tensor.grad is not None
            slot.tensor.sub_(slot.tensor.grad, alpha=0.1)
    assert net.total_loss(net(blobs)) < first
    assert net.params["norm"]["num_batches_tracked"] == 2
    test = net.in_phase("test")
    assert test.params["norm"] is net.params["norm"]
    test(blobs)
    assert net.params["norm"]["num_batches_tracked"] == 2


def test_a_deploy_net_has_no_loss_of_torchs() -> None:
    net = Net(spec_of(CLASSIFIER).net, "deploy")
    assert net.inputs == ("data",)
    assert [*net.outputs] == ["ip"]


def test_parameters_are_in_the_type_of_the_bottom() -> None:
    text = CLASSIFIER.replace("data: [1, 8, 8]", "data: {shape: [1, 8, 8], dtype: float64}")
    net = Net(spec_of(text).net, "train")
    assert net.params["conv"]["weight"].dtype == torch.float64


def test_a_frozen_normalisation_keeps_its_statistics() -> None:
    text = CLASSIFIER.replace("type: nn.BatchNorm2d", "type: nn.BatchNorm2d, frozen: true")
    net = Net(spec_of(text).net, "train")
    net({"data": torch.randn(4, 1, 8, 8), "label": torch.tensor([0, 1, 2, 0])})
    assert net.params["norm"]["num_batches_tracked"] == 0


def test_shared_parameters_start_once() -> None:
    layer = "- {name: %s, type: nn.Linear, out_features: 4, param: {weight: {name: w}}}\n"
    text = "net:\n  inputs: {data: [4]}\n  layers:\n"
    net = Net(spec_of(text + "".join(f"    {layer % name}" for name in "ab")).net, "train")
    assert net.params["a"]["weight"] is net.params["b"]["weight"]
    assert not torch.equal(net.params["a"]["bias"], net.params["b"]["bias"])
