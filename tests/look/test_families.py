from __future__ import annotations

from typing import Any

import pytest

from protonet.layers import LAYERS
from protonet.layers.torch_nn import USABLE
from protonet.look.families import COLOURS, family, is_attached, key_numbers


@pytest.mark.parametrize("name", LAYERS)
def test_every_type_has_a_colour(name: str) -> None:
    assert family(name, LAYERS[name]) in COLOURS


def test_families() -> None:
    given = {name: family(name, LAYERS[name]) for name in ("Convolution", "Accuracy", "Flatten")}
    assert given == {"Convolution": "convolution", "Accuracy": "metric", "Flatten": "other"}
    assert family("SoftmaxWithLoss", LAYERS["SoftmaxWithLoss"]) == "loss"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Conv2d", "convolution"),
        ("ConvTranspose3d", "convolution"),
        ("Linear", "dense"),
        ("LSTM", "dense"),
        ("MultiheadAttention", "dense"),
        ("AdaptiveAvgPool2d", "pooling"),
        ("ZeroPad2d", "pooling"),
        ("GELU", "activation"),
        ("Dropout2d", "activation"),
        ("BatchNorm2d", "normalisation"),
        ("LayerNorm", "normalisation"),
        ("CosineSimilarity", "joining"),
        ("CrossEntropyLoss", "loss"),
        ("Flatten", "other"),
        ("Identity", "other"),
    ],
)
def test_modules_of_torch_are_drawn_by_what_they_are(name: str, kind: str) -> None:
    assert family(f"nn.{name}", LAYERS[f"nn.{name}"]) == kind


@pytest.mark.parametrize("name", sorted(USABLE))
def test_every_module_of_torch_has_a_colour(name: str) -> None:
    assert family(f"nn.{name}", LAYERS[f"nn.{name}"]) in COLOURS
    assert isinstance(is_attached(f"nn.{name}"), bool)


def test_what_follows_a_layer_may_share_its_box() -> None:
    names = ["ReLU", "Scale", "Dropout", "Pooling", "Softmax", "nn.GELU", "nn.BatchNorm1d"]
    names += ["nn.Softmax", "nn.Linear", "nn.MultiheadAttention", "nn.LayerNorm"]
    attached = [name for name in names if is_attached(name)]
    assert attached == ["ReLU", "Scale", "Dropout", "nn.GELU", "nn.BatchNorm1d"]


def params(type_: str, **keys: object) -> Any:
    return LAYERS[type_].params.model_validate(keys)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (params("Convolution", num_output=64, kernel_size=7, stride=2, pad=3), "64, 7×7, stride 2, "
         "pad 3"),
        (params("Convolution", num_output=8, kernel_h=1, kernel_w=7, pad_w=3), "8, 1×7, pad 0×3"),
        (params("Convolution", num_output=8, kernel_size=3, group=8, dilation=2), "8, 3×3, "
         "dilation 2, group 8"),
        (params("Convolution", num_output=8, kernel_size=[3, 3, 5]), "8, 3×3×5"),
        (params("Pooling", kernel_size=3, stride=2), "MAX, 3×3, stride 2"),
        (params("Pooling", pool="AVE", global_pooling=True), "AVE, global"),
        (params("InnerProduct", num_output=10), "10"),
        (params("Eltwise", operation="SUM"), "SUM"),
        (params("ReLU"), ""),
        (params("nn.Conv2d", out_channels=8, kernel_size=3, padding=[1, 0], groups=2), "8, 3×3, "
         "pad 1×0, groups 2"),
        (params("nn.Conv2d", out_channels=8, kernel_size=[1, 7], padding="same"), "8, 1×7, "
         "pad same"),
        (params("nn.LSTM", hidden_size=32), "32"),
        (None, ""),
    ],
)  # fmt: skip
def test_the_numbers_that_matter(given: Any, text: str) -> None:
    assert key_numbers(given) == text


def test_a_type_of_a_plugin_may_begin_like_those_of_torch() -> None:
    kind = LAYERS["ReLU"]
    assert (family("nn.Mine", kind), is_attached("nn.Mine")) == ("other", False)
