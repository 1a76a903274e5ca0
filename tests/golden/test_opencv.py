"""Nets of ours, exported to Caffe's files, in OpenCV's dnn: every layer gives the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from protonet.caffe.text_format import parse
from protonet.caffe.writing.caffemodel import caffemodel_parts
from protonet.caffe.writing.for_opencv import place_of
from protonet.caffe.writing.net import write_net
from protonet.caffe.writing.text import text_of
from protonet.net import Net
from protonet.run.import_verify import Source, Standing, compared
from protonet.schema import load_spec

NETS = Path(__file__).parent.parent.parent / "configs" / "nets"
WITHIN = 1e-4
LARGE = ("alexnet", "googlenet")


def named(*names: str) -> list[Any]:
    """Return the nets, those of many parameters marked as slow."""
    return [pytest.param(name, marks=[pytest.mark.slow] * (name in LARGE)) for name in names]


@pytest.mark.parametrize(
    "name", named("lenet", "resnet20_cifar10", "squeezenet1_0_torchvision", *LARGE)
)
def test_an_exported_net_computes_the_same_in_opencv(name: str) -> None:
    pytest.importorskip("cv2")
    net = Net(load_spec(NETS / f"{name}.yaml").net, "deploy", channels_last=False)
    generator = torch.Generator().manual_seed(1)
    for parameter, tensor in net.named_tensors().items():
        if parameter.endswith(("/variance", "/scale_factor")):
            tensor.data = torch.rand(tensor.shape, generator=generator) + 0.5
        elif parameter.endswith(("/mean", "/bias")):
            tensor.data = torch.randn(tensor.shape, generator=generator) / 10
    made = write_net(net.spec, {"deploy": net}, {"deploy": 1})
    parsed = parse(text_of(made.message), "")
    fields = parsed.named("layer")[-len(made.layers) :]
    layers = {
        wired.node.layer.name: Standing(place_of(field.mark), wired.node.layer.name, wired.tops[0])
        for wired, field in zip(made.layers, fields, strict=True)
    }
    model = b"".join(caffemodel_parts(name, made.stored(net.named_tensors())))
    fed = {
        blob: np.random.default_rng(1).standard_normal(spec.sized({"N": 1}), np.float32)
        for blob, spec in net.input_specs.items()
    }

    found = compared(net, Source(parsed, model, layers), [fed])
    assert found.lacking == {}
    assert set(found.largest) == {node.layer.name for node in net.wiring.nodes}
    assert max(found.largest.values()) <= WITHIN
