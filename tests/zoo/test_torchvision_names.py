"""Weights by torchvision's names, in our nets: they compute what torchvision's compute."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from protonet import Net
from protonet.schema import load_spec as load
from protonet.zoo.check import shapes_of
from protonet.zoo.index import PUBLISHED
from protonet.zoo.renaming import layer_of, renamed
from protonet.zoo.torchvision_names import FAMILIES
from tests.torchvision_forward import FORWARD, Held, Weights
from tests.zoo.recorded import held, modules, state_dict

NETS = Path(__file__).parents[2] / "configs" / "nets"
SIDES = {"alexnet": 224, "vgg16": 32, "vgg19": 32, "inception_v3": 299}
"""Of the images: 64 where they need not be larger. VGG's last layers are made for 224, and here get
as many numbers from images of 32, see `vgg`."""
AUXILIARY = {"googlenet": "aux", "inception_v3": "AuxLogits"}


def rules_of(name: str) -> tuple[tuple[str, str], ...]:
    rules = PUBLISHED[name].rules
    assert rules is not None
    return rules


def vgg(given: Held, x: Tensor, depths: tuple[int, ...]) -> Tensor:
    """VGG in torch's own primitives."""
    w = Weights(given)
    for depth in depths:
        for _ in range(depth):
            x = w.conv(x, 1, 1).relu()
        x = F.max_pool2d(x, 2)
    return w.linear(w.linear(w.linear(x.flatten(1)).relu()).relu())


def forward(name: str, given: Held, x: Tensor) -> Tensor:
    if name.startswith("vgg"):
        return vgg(given, x, {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}[name])
    return FORWARD[name](given, x)


@pytest.mark.parametrize("name", [*FORWARD, "vgg16", "vgg19"])
def test_our_net_computes_what_torchvisions_does_from_weights_by_its_names(name: str) -> None:
    side = SIDES.get(name, 64)
    spec = load(NETS / f"{name}_torchvision.yaml", [f"net.inputs.data.shape=[3, {side}, {side}]"])
    weights = state_dict(name)
    if name.startswith("vgg"):  # 512 x 7 x 7 numbers from images of 224, 512 from these
        weights["classifier.0.weight"] = weights["classifier.0.weight"][:, :512] * 7
    ours = renamed(weights, rules_of(name), shapes_of(spec), name)
    net = Net(spec.net, "train")
    images = torch.randn(2, 3, side, side) + 2 * torch.randn(2, 3, 1, 1)
    with torch.no_grad():
        for key, tensor in net.named_tensors().items():
            tensor.copy_(ours[key])
        tested = net.in_phase("test")
        blob = tested.wiring.nodes[-1].bottoms[0].blob
        found = tested({"data": images, "label": torch.zeros(2, dtype=torch.long)}, [blob])[blob]
        wanted = forward(name, held(name, weights, AUXILIARY.get(name, "\0")), images)
    assert (wanted[0] - wanted[1]).std() > wanted.std() / 50  # they say something of the images
    assert (found - wanted).abs().max() <= 1e-5 * wanted.abs().max()


@pytest.mark.parametrize("name", ["resnet34", "resnet50"])
def test_every_parameter_of_a_deeper_net_has_its_module(name: str) -> None:
    spec = load(NETS / f"{name}_torchvision.yaml")
    weights = {key: tensor.to("meta") for key, tensor in state_dict(name).items()}
    wanted = shapes_of(spec)
    assert list(renamed(weights, rules_of(name), wanted, name)) == list(wanted)


@pytest.mark.parametrize(
    ("family", "module", "layer"),
    [
        ("alexnet", "features.10", "conv5"),
        ("alexnet", "classifier.6", "fc8"),
        ("vgg16", "features.17", "conv4_1"),
        ("vgg19", "features.34", "conv5_4"),
        ("resnet", "bn1", "conv1"),
        ("resnet", "layer3.22.bn3", "layer3/rest_22/conv3"),
        ("resnet", "layer4.0.downsample.1", "layer4/first/shortcut"),
        ("squeezenet1_0", "features.12.expand3x3", "fire9/expand3x3"),
        ("squeezenet1_1", "features.12.expand3x3", "fire9/expand3x3"),
        ("squeezenet1_1", "features.6.squeeze", "fire4/squeeze"),
        ("densenet", "features.denseblock3.denselayer24.conv.2", "dense3_24/conv2"),
        ("densenet", "features.denseblock3.denselayer24.conv2", "dense3_24/conv2"),
        ("densenet", "features.norm5", "norm5"),
        ("googlenet", "inception4e.branch3.1.bn", "inception4e/branch3"),
        ("googlenet", "aux2.fc1", ""),
        ("inception_v3", "Mixed_7c.branch3x3dbl_3b.conv", "mixed7c/3x3dbl_3/b"),
        ("inception_v3", "Mixed_5d.branch3x3dbl_3.bn", "mixed5d/3x3_3"),
        ("inception_v3", "Conv2d_2b_3x3.bn", "conv2b"),
        ("mobilenet_v2", "features.17.conv.3", "stage7/first/project"),
        ("mobilenet_v2", "features.16.conv.1.0", "stage6/rest_2/conv/depthwise"),
        ("shufflenet_v2", "stage3.7.branch2.6", "stage3/rest_7/branch2"),
    ],
)
def test_a_module_is_a_layer_of_ours(family: str, module: str, layer: str) -> None:
    assert layer_of(module, FAMILIES[family]) == layer


def test_every_net_of_torchvision_in_the_index_has_rules_and_a_recorded_family() -> None:
    families = {FAMILIES[name] for name in FAMILIES}
    published = {one.rules for one in PUBLISHED.values() if "torchvision" in one.source}
    assert published == families
    assert families == {rules_of(name) for name in modules()}
