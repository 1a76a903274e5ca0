"""Weights by timm's names, in our nets: they give what timm's give."""

from __future__ import annotations

import pytest
import torch

from protonet import Net
from protonet.look.summary import summarise
from protonet.schema import load_spec
from protonet.zoo.check import shapes_of
from protonet.zoo.convert import shipped_net
from protonet.zoo.renaming import layer_of, renamed
from protonet.zoo.timm_index import TIMM
from protonet.zoo.timm_names import FAMILIES
from tests.zoo.timm_recorded import SIDE, given, images, modules, state_dict

OF_NET = {one.name.partition(".")[0]: one for one in TIMM}


@pytest.mark.parametrize("name", modules())
def test_our_net_gives_what_timms_does_from_weights_by_its_names(name: str) -> None:
    published = OF_NET[name]
    spec = load_spec(shipped_net(published), [f"net.inputs.data.shape=[3, {SIDE}, {SIDE}]"])
    assert published.rules is not None
    ours = renamed(state_dict(name), published.rules, shapes_of(spec), name)
    net = Net(spec.net, "test")
    with torch.no_grad():
        for key, tensor in net.named_tensors().items():
            tensor.copy_(ours[key])
        blobs = {"data": images(), "label": torch.zeros(2, dtype=torch.long)}
        found = net(blobs, ["fc"])["fc"][:, :8]
    wanted = given()[name].scores
    assert (wanted[0] - wanted[1]).std() > wanted.std() / 20  # they say something of the images
    assert (found - wanted).abs().max() <= 2e-5 * wanted.abs().max()


@pytest.mark.parametrize("name", modules())
def test_our_net_learns_as_many_parameters_as_timms(name: str) -> None:
    spec = load_spec(shipped_net(OF_NET[name]))
    totals = summarise(spec, "train").totals
    assert (totals.parameters, totals.trained) == (given()[name].parameters,) * 2


def test_every_net_of_the_index_was_recorded_or_is_a_deeper_one_of_its_kind() -> None:
    assert set(OF_NET) - modules().keys() == {"resnet34", "resnet50"}
    assert {one.rules for one in TIMM} == set(FAMILIES.values())


@pytest.mark.parametrize(
    ("family", "module", "layer"),
    [
        ("resnet", "bn1", "conv1"),
        ("resnet", "conv1.4", "stem2"),
        ("resnet", "layer3.5.se.fc2", "layer3/rest_5/gate/up"),
        ("resnet", "layer2.0.downsample.2", "layer2/first/shortcut"),
        ("efficientnet", "blocks.0.0.se.conv_reduce", "stage1/gate/reduce"),
        ("efficientnet", "blocks.5.3.bn3", "stage6/rest_3/conv/project"),
        ("efficientnet", "bn2", "conv8"),
        ("mobilenetv3", "blocks.0.0.bn2", "block0_0/conv/project"),
        ("mobilenetv3", "blocks.4.0.se.conv_expand", "block4_0/gate/expand"),
        ("mobilenetv3", "blocks.6.0.bn1", "conv6"),
    ],
)
def test_a_module_is_a_layer_of_ours(family: str, module: str, layer: str) -> None:
    assert layer_of(module, FAMILIES[family]) == layer
