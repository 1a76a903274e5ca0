from __future__ import annotations

import torch

from protonet.layers.parameter import PARAMETER, ParameterParams
from protonet.net import Net
from tests.layers.building import complaints, top_of
from tests.specs import spec_of

NET = """
net:
  inputs: {data: {shape: [2, 3], batch: false}}
  layers:
    - {name: p, type: Parameter, shape: {dim: [2, 3]}, filler: {value: 2}}
    - {name: product, type: Eltwise, bottom: [data, p], operation: PROD}
"""


def test_the_top_is_the_parameter() -> None:
    assert top_of(PARAMETER, shape=[2, 3]).shape == (2, 3)
    assert top_of(PARAMETER, shape=[]).shape == ()


def test_other_layers_read_it_and_it_learns() -> None:
    net = Net(spec_of(NET).net)
    top = net({"data": torch.arange(6.0).view(2, 3)})["product"]
    assert top.tolist() == [[0, 2, 4], [6, 8, 10]]
    (slope,) = torch.autograd.grad(top.sum(), net.params["p"]["weight"])
    assert slope.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_refuses_sizes_that_are_none() -> None:
    assert complaints(ParameterParams, shape=3) == [
        ("shape", "PN010", "a shape is a list of sizes", "[1, 3, 224, 224]")
    ]
    ((where, kind, _, _),) = complaints(ParameterParams, shape=[2, 0])
    assert (where, kind) == ("shape.1", "greater_than")
