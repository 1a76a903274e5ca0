"""What editors know of the modules of torch.nn."""

from __future__ import annotations

import pytest

from protonet.editor.torch_types import SENTENCE, is_torchs, torch_keys, torch_types
from protonet.layers import LAYERS
from protonet.layers.torch_nn import USABLE
from protonet.records import fields_of
from tests.json_schema import LANGUAGE, refused

NET = "net:\n  inputs: {data: [3, 8, 8]}\n  layers:\n    - {name: x, %s}\n"


def test_there_is_a_type_for_each_usable_module() -> None:
    assert torch_types().keys() == {f"nn.{name}" for name in USABLE}
    assert all(is_torchs(kind) for kind in torch_types().values())
    assert not is_torchs(LAYERS["Convolution"])


@pytest.mark.parametrize("name", ["nn.Conv2d", "nn.GELU", "nn.Transformer", "nn.CrossEntropyLoss"])
def test_a_type_has_the_arguments_of_its_constructor(name: str) -> None:
    assert torch_keys(LAYERS[name]).keys() == fields_of(LAYERS[name].params).keys()


def test_a_key_has_its_type_its_default_and_what_it_follows_from() -> None:
    keys = torch_keys(LAYERS["nn.Conv2d"])
    assert keys["in_channels"]["description"] == (
        "Argument of torch.nn.Conv2d. Left out: the length of axis 1 of bottom 0."
    )
    assert keys["out_channels"]["type"] == ["integer", "string"]
    assert keys["out_channels"]["description"] == "Argument of torch.nn.Conv2d. Required."
    assert (keys["bias"]["type"], keys["bias"]["default"]) == (["boolean", "string"], True)
    modes = keys["padding_mode"]["anyOf"][0]["enum"]
    assert modes == ["zeros", "reflect", "replicate", "circular"]


def test_names_are_offered_and_told_to_be_torchs() -> None:
    types = LANGUAGE()["definitions"]["layer"]["properties"]["type"]["anyOf"][0]
    told = dict(zip(types["enum"], types["enumDescriptions"], strict=True))
    assert {told[name] for name in torch_types()} == {SENTENCE}
    assert told["ReLU"] != SENTENCE


@pytest.mark.parametrize(
    ("layer", "wrong"),
    [
        ("type: nn.Conv2d, out_channels: 8, kernel_size: [3, 1], padding: same", []),
        ("type: nn.Conv2d, out_channels: $width, kernel_size: 3, bias: $biased", []),
        ("type: nn.Conv2d, out_channels: 8, kernel_sise: 3", ["net.layers.0"]),
        ("type: nn.Conv2d, out_channels: many, kernel_size: 3", ["net.layers.0.out_channels"]),
        ("type: nn.Linear, out_features: 8, param: {weight: {lr_mult: 2}}", []),
        ("type: nn.Linear, out_features: 8, param: {wieght: {lr_mult: 2}}", ["net.layers.0.param"]),
        ("type: nn.TransformerEncoder, nhead: 2, num_layers: 2, param: {any: {lr_mult: 0}}", []),
        ("type: nn.ReLU, after: y", ["net.layers.0"]),
    ],
)
def test_layers_are_checked(layer: str, wrong: list[str]) -> None:
    assert refused(LANGUAGE(), NET % layer) == wrong


@pytest.mark.parametrize(
    ("defaults", "wrong"),
    [
        ("nn.Conv2d: {padding: same}", []),
        ("nn.Conv2d: {paddding: same}", ["net.defaults.nn.Conv2d"]),
        ("nn.Conv4d: {padding: same}", ["net.defaults"]),
    ],
)
def test_defaults_are_checked(defaults: str, wrong: list[str]) -> None:
    text = "net:\n  defaults: {%s}\n  layers: [{name: x, type: ReLU}]\n"
    assert refused(LANGUAGE(), text % defaults) == wrong
    with_plugins = f"plugins: [my_layers.py]\n{text % 'Maxout: {pieces: 3}'}"
    assert refused(LANGUAGE(), with_plugins) == []
