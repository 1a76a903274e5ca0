from __future__ import annotations

import pytest

from protonet.editor.layers import layer_definitions
from protonet.language.block import read_blocks
from protonet.layers import LAYERS
from protonet.records import fields_of
from tests.json_schema import LANGUAGE, refused
from tests.specs import origin_of

NET = "net:\n  inputs: {data: [1, 28, 28]}\n  layers:\n    - {name: x, %s}\n"
COMMON = {
    *("name", "type", "bottom", "top", "phase", "include", "exclude", "loss_weight", "param"),
    *("frozen", "propagate_down", "share", "if", "repeat", "after", "before", "remove"),
}
OVER = f"base: other.yaml\n{NET}"


@pytest.mark.parametrize("name", LAYERS)
def test_every_type_has_exactly_its_keys_beside_the_common_ones(name: str) -> None:
    definition = LANGUAGE()["definitions"][f"layer.{name}"]
    own = fields_of(LAYERS[name].params)
    assert set(definition["properties"]) == COMMON | set(own)
    assert definition["additionalProperties"] is (name == "Recurrent")  # its block has arguments


def test_every_key_of_every_type_is_described() -> None:
    definitions = LANGUAGE()["definitions"]
    bare = [
        f"{name}.{key}"
        for name, kind in LAYERS.items()
        for key in fields_of(kind.params)
        if not definitions[f"layer.{name}"]["properties"][key].get("description")
    ]
    assert bare == []


@pytest.mark.parametrize(
    "layer",
    [
        "type: Convolution, num_output: 20, kernel_size: 5",
        "type: Convolution, num_output: $width, kernel_size: [3, $k], bias_term: $(k > 1)",
        "type: Convolution, num_output: 20, weight_filler: {type: gaussian, std: 0.01}",
        "type: Convolution, num_output: 20, weight_filler: {value: 1}, bias_filler: msra",
        "type: Convolution, num_output: 20, param: {weight: {lr_mult: 2}, bias: {name: shared}}",
        "type: Convolution, num_output: 20, weight_filler: $filler",
        "type: Pooling, pool: $pool, if: $pooled, repeat: $(n - 1)",
        "type: SoftmaxWithLoss, bottom: [ip, label], loss_weight: 0.3, propagate_down: false",
        "type: Accuracy, phase: test",
        "type: Accuracy, include: {phase: test, stage: deep}, exclude: [{min_level: 1}]",
        "type: nn.Conv2d, out_channels: 3",
        "type: $kind, num_output: 3",
        "type: Recurrent, block: step, over: {x: data}, carry: {h: [h, h0]}",
    ],
)
def test_a_layer_is_accepted(layer: str) -> None:
    assert refused(LANGUAGE(), NET % layer) == []


@pytest.mark.parametrize(
    ("layer", "wrong"),
    [
        ("type: Convolution, num_output: 20, kernal_size: 5", ""),
        ("type: ReLU, num_output: 20", ""),
        ("type: Convolution, num_output: many", ".num_output"),
        ("type: Convolution, num_output: 0", ".num_output"),
        ("type: Convolution, num_output: 1, param: {wieght: {lr_mult: 2}}", ".param"),
        ("type: Convolution, num_output: 1, weight_filler: {type: gaussian, sdt: 1}", None),
        ("type: Pooling, pool: MEAN", ".pool"),
        ("type: Accuracy, phase: tset", ".phase"),
        ("type: Accuracy, include: {fase: test}", ".include"),
        ("type: ReLU, after: y", ""),
        ("type: Recurrent, blok: step", ""),
        ("type: Recurrent, block: step, over: {x: data}, bottom: data", ""),
        ("type: Recurrent, block: step, over: {x: data}, loss_weight: 1", ""),
        ("bottom: y", ""),
    ],
)
def test_a_mistake_in_a_layer_is_refused_where_it_stands(layer: str, wrong: str | None) -> None:
    found = refused(LANGUAGE(), NET % layer)
    place = ".weight_filler" if wrong is None else wrong
    assert found == [f"net.layers.0{place}"]


def test_a_layer_over_a_base_says_only_what_changes() -> None:
    schema = LANGUAGE()
    assert refused(schema, OVER % "num_output: 20") == []
    assert refused(schema, OVER % "remove: true") == []
    assert refused(schema, OVER % "type: ReLU, after: y") == []
    assert refused(schema, OVER % "type: ReLU, afte: y") == ["net.layers.0"]


def test_defaults_have_the_keys_of_their_type_but_no_name() -> None:
    schema = LANGUAGE()
    text = "net:\n  defaults: {%s}\n  layers: [{name: x, type: ReLU}]\n"
    assert refused(schema, text % "Convolution: {weight_filler: xavier, frozen: true}") == []
    assert refused(schema, text % "Convolution: {kernal_size: 3}") == ["net.defaults.Convolution"]
    assert refused(schema, text % "Convolution: {name: x}") == ["net.defaults.Convolution"]
    assert refused(schema, text % "Convolutoin: {}") == ["net.defaults"]


def test_a_block_is_a_type_with_its_arguments() -> None:
    layers = "[{name: relu, type: ReLU}]"
    text = (
        f"net: {{blocks: {{conv_bn: {{args: {{out: , k: 3, pad: $(k // 2)}}, layers: {layers}}}}}}}"
    )
    origin = origin_of(text)
    marks = origin.marks.children["net"].children["blocks"]
    blocks = read_blocks(origin.data["net"]["blocks"], marks, [])
    definitions = layer_definitions({}, blocks)
    properties = definitions["layer.conv_bn"]["properties"]
    assert properties["out"] == {"description": "Argument of the block conv_bn. Required."}
    assert properties["k"] == {
        "description": "Argument of the block conv_bn. Default: 3",
        "default": 3,
    }
    assert properties["pad"] == {"description": "Argument of the block conv_bn. Default: $(k // 2)"}
    assert "loss_weight" not in properties
    types = definitions["layer"]["properties"]["type"]["anyOf"][0]
    assert types == {
        "enum": ["conv_bn"],
        "enumDescriptions": ["A block of this net: out, k: 3, pad: $(k // 2)."],
    }
