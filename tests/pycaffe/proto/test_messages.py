"""Caffe's messages: their numbers are those of the files that the real Caffe wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format, unknown_fields

from protonet.caffe.fields import MESSAGES
from protonet.pycaffe.proto.messages import classes, message_name, missing_numbers

FILES = (
    "lenet_2014/lenet_iter_10000.caffemodel",
    "cifar10_quick/cifar10_quick_iter_5000.caffemodel",
    "resnet20_cifar10/cifar10_ResNet_20_iter_53500.caffemodel",
    "mobilenet_cifar10/caffe_ljftest_train_iter_100000.caffemodel",
    "wechat_qr_sr/sr.caffemodel",
)


def strangers(message: Any) -> Iterator[str]:
    """Yield the fields that a message read from a file has, and that nobody described."""
    yield from (
        f"{message.DESCRIPTOR.name} {one.field_number}"
        for one in unknown_fields.UnknownFieldSet(message)
    )
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for inner in value if field.is_repeated else [value]:
                yield from strangers(inner)


@pytest.mark.parametrize("file", FILES)
def test_every_field_of_a_caffemodel_is_known(file: str, reference: Path) -> None:
    net = classes()["NetParameter"].FromString((reference / "models" / file).read_bytes())

    assert list(strangers(net)) == []
    assert len(net.layer) + len(net.layers) > 5


def test_what_a_layer_of_a_caffemodel_says(reference: Path) -> None:
    # as wechat_qr_sr/sr.prototxt has it
    data = (reference / "models" / "wechat_qr_sr" / "sr.caffemodel").read_bytes()
    net = classes()["NetParameter"].FromString(data)
    layer = next(one for one in net.layer if one.name == "conv0")

    assert layer.convolution_param.num_output == 32
    assert list(layer.convolution_param.kernel_size) == [3]
    assert list(layer.convolution_param.pad) == [1]
    assert layer.convolution_param.weight_filler.type == "msra"


def test_every_prototxt_of_the_reference_is_read(reference: Path) -> None:
    nets = sorted((reference / "models" / "caffe_nets").rglob("*.prototxt"))
    assert len(nets) > 30
    for path in nets:
        kind = "SolverParameter" if "solver" in path.name else "NetParameter"
        message = text_format.Parse(path.read_text(), classes()[kind]())
        assert message == classes()[kind].FromString(message.SerializeToString())


def test_names_are_caffes() -> None:
    assert {message_name(name) for name in MESSAGES} >= {
        "ReLUParameter", "LRNParameter", "HDF5DataParameter", "TransformationParameter",
        "InnerProductParameter", "ArgMaxParameter", "NetParameter", "SPPParameter",
    }  # fmt: skip
    assert classes()["NetParameter"].DESCRIPTOR.full_name == "caffe.NetParameter"


def test_only_the_layers_of_forks_and_of_2013_are_missing() -> None:
    missing = list(missing_numbers())

    assert "V1LayerParameter.layer" in missing
    assert "LayerParameter.permute_param" in missing
    assert all(name.endswith(("_param", ".layer")) for name in missing)
