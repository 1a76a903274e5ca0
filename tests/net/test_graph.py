"""A wired net is straight-line code."""

from __future__ import annotations

import keyword

import pytest
import torch

from protonet.net import Net
from protonet.net.graph import identifiers
from tests.kinds import KINDS
from tests.specs import net_of

IP = "name: ip, type: InnerProduct, num_output: 10"


def code(net: Net) -> str:
    """Return the code without what frees memory, and without blank lines."""
    lines = [line.partition(";")[0].rstrip() for line in net.graph_module.code.splitlines()]
    return "\n".join(line for line in lines if line)


def test_the_code_is_one_line_per_layer() -> None:
    net = Net(
        net_of(
            "name: conv1/7x7, type: Convolution, num_output: 2, kernel_size: 7",
            "name: class, type: ReLU, top: conv1/7x7",
            "name: ip, type: InnerProduct, num_output: 10, bottom: conv1/7x7",
            "name: loss, type: SoftmaxWithLoss, bottom: [ip, label]",
        )
    )
    assert code(net) == (
        "def forward(self, data, label):\n"
        "    conv1_7x7 = self.conv1_7x7(data)\n"
        "    class_ = self.class_(conv1_7x7)\n"
        "    ip = self.ip(class_)\n"
        "    loss = self.loss(ip, label)\n"
        "    return {'loss': loss}"
    )


def test_several_tops_are_items_and_a_stopped_gradient_is_a_detach() -> None:
    net = Net(
        net_of(
            "name: two, type: Two, top: [a, b]",
            "name: sum, type: Eltwise, bottom: [a, b], propagate_down: [true, false]",
            layers=KINDS,
        )
    )
    assert code(net) == (
        "def forward(self, data):\n"
        "    two = self.two(data)\n"
        "    getitem = two[0]\n"
        "    getitem_1 = two[1]\n"
        "    detach = getitem_1.detach()\n"
        "    sum_1 = self.sum(getitem, detach)\n"
        "    return {'sum': sum_1}"
    )


def test_layers_that_no_wanted_blob_needs_are_left_out() -> None:
    net = Net(net_of(IP, "name: r, type: ReLU"))
    graph = net.giving(["ip"])
    assert "self.r" not in graph.code
    assert [name for name, _ in graph.named_children()] == ["ip"]


def test_stopped_gradients_stop() -> None:
    net = Net(
        net_of(
            f"{IP}, bottom: data",
            "name: top, type: InnerProduct, num_output: 1, bottom: ip, propagate_down: false",
        ),
        seed=1,
    )
    net.graph_module(torch.ones(1, 1, 28, 28))["top"].sum().backward()
    assert net.params["ip"]["weight"].grad is None
    assert net.params["top"]["bias"].grad is not None


NAMES = [
    "conv1/7x7",
    "conv1_7x7",
    "class",
    "forward",
    "training",
    "graph",
    "1st",
    "",
    "größe",
    "a-b",
]


def test_every_name_becomes_an_identifier_of_its_own() -> None:
    safe = identifiers([name or "_" for name in NAMES])
    assert safe == [
        "conv1_7x7",
        "conv1_7x7_2",
        "class_",
        "forward_",
        "training_",
        "graph_",
        "_1st",
        "_",
        "größe",
        "a_b",
    ]
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in safe)


@pytest.mark.parametrize("name", ["class", "forward", "training", "conv1/7x7", "T", "add_module"])
def test_any_layer_name_and_any_input_name_runs(name: str) -> None:
    spec = net_of(
        f"name: '{name}', type: InnerProduct, num_output: 2, bottom: '{name}'",
        inputs=f"{{'{name}': [3]}}",
    )
    net = Net(spec)
    assert net({name: torch.zeros(4, 3)})[name].shape == (4, 2)
    assert list(net.named_tensors()) == [f"{name}/weight", f"{name}/bias"]
