from __future__ import annotations

from pathlib import Path

import pytest
import torch

from protonet.export.folding import folded
from protonet.net import Net
from protonet.schema import load_spec

HEAD = "net:\n  inputs: {data: [3, 6, 6]}\n  layers:\n"
CONV = "    - {name: conv, type: Convolution, num_output: 4, kernel_size: 3, group: 1%s}\n"
NORM = "    - {name: norm, type: BatchNorm}\n"
SCALE = "    - {name: scale, type: Scale, bias_term: true}\n"
RELU = "    - {name: relu, type: ReLU}\n"


def net(folder: Path, *layers: str) -> Net:
    """Return a net in phase deploy, every number of which was drawn."""
    (folder / "net.yaml").write_text(HEAD + "".join(layers))
    made = Net(load_spec(folder / "net.yaml").net, "deploy")
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, tensor in made.named_tensors().items():
            tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
            if name.endswith("scale_factor"):
                tensor.fill_(2.0)
    return made


def images() -> torch.Tensor:
    return torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("bias", ["", ", bias_term: false"])
def test_normalisation_goes_into_the_filters(tmp_path: Path, bias: str) -> None:
    made = net(tmp_path, CONV % bias, NORM, SCALE, RELU)
    graph, gone = folded(made)
    assert gone == ("norm", "scale")
    assert [str(node.target) for node in graph.graph.nodes if node.op == "call_module"] == [
        "conv",
        "relu",
    ]
    expected = made.graph_module(images())["relu"]
    assert torch.allclose(graph(images())["relu"], expected, rtol=1e-5, atol=1e-5)


def test_the_numbers_are_those_of_the_formula(tmp_path: Path) -> None:
    made = net(tmp_path, CONV % "", NORM, SCALE)
    tensors = {name: tensor.double() for name, tensor in made.named_tensors().items()}
    graph, _ = folded(made)
    factor = tensors["scale/weight"] / (tensors["norm/variance"] / 2 + 1e-5).sqrt()
    weight = tensors["conv/weight"] * factor.reshape(4, 1, 1, 1)
    shift = tensors["scale/bias"] - tensors["norm/mean"] / 2 * factor
    found = dict(graph.named_parameters())
    assert torch.allclose(found["conv.weight"].double(), weight, rtol=1e-6)
    assert torch.allclose(
        found["conv.bias"].double(), tensors["conv/bias"] * factor + shift, rtol=1e-5
    )


def test_the_net_itself_stays_as_it_was(tmp_path: Path) -> None:
    made = net(tmp_path, CONV % "", NORM)
    before = made.graph_module(images())["norm"].clone()
    folded(made)
    assert torch.equal(made.graph_module(images())["norm"], before)


@pytest.mark.parametrize(
    "layers",
    [
        (CONV % "", RELU, NORM),  # not linear in between
        (NORM, CONV % ""),  # no convolution before it
        (CONV % "", NORM, "    - {name: twice, type: Eltwise, bottom: [conv, norm]}\n"),
        (CONV % "", "    - {name: scale, type: Scale, axis: 2, num_axes: 1, filler: uniform}\n"),
        (CONV % "", "    - {name: scale, type: Scale, axis: 1, num_axes: 3}\n"),
    ],
)
def test_what_cannot_go_into_filters_stays(tmp_path: Path, layers: tuple[str, ...]) -> None:
    made = net(tmp_path, *layers)
    graph, gone = folded(made)
    assert gone == ()
    for name, value in made.graph_module(images()).items():
        assert torch.equal(graph(images())[name], value)
