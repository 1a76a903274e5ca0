from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protonet.caffe import import_net
from protonet.caffe.tidy_layers import tidy_layers
from protonet.schema import check_spec

INPUT = 'input: "data" input_shape { dim: 2 dim: 3 dim: 8 dim: 8 }\n'
LABEL = 'input: "label" input_shape { dim: 2 }\n'


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def made(text: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    Path("net.prototxt").write_text(text)
    spec = check_spec(import_net("net.prototxt").origin)
    return tidy_layers(spec.net, spec.expanded.data["net"]["layers"])


def one(keys: str) -> dict[str, Any]:
    """Return a layer that reads the input, without its name."""
    _, (layer,) = made(f'{INPUT} layer {{ name: "a" top: "a" bottom: "data" {keys} }}')
    return {key: value for key, value in layer.items() if key != "name"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('type: "ReLU"', {"type": "ReLU"}),
        ('type: "ReLU" relu_param { negative_slope: 0 }', {"type": "ReLU"}),
        (
            'type: "Pooling" pooling_param { pool: MAX kernel_size: 2 stride: 1 pad: 0 }',
            {"type": "Pooling", "kernel_size": 2},
        ),
        (
            'type: "Convolution" convolution_param { pad: 0 kernel_size: 3 num_output: 4 stride: 1 '
            'group: 1 bias_term: true weight_filler { type: "xavier" } '
            'bias_filler { type: "constant" value: 0 } }',
            {
                "type": "Convolution",
                "num_output": 4,
                "kernel_size": 3,
                "weight_filler": "xavier",
            },
        ),
        (
            'type: "InnerProduct" param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 } '
            'inner_product_param { num_output: 4 weight_filler { type: "gaussian" std: 0.1 } }',
            {
                "type": "InnerProduct",
                "num_output": 4,
                "weight_filler": {"type": "gaussian", "std": 0.1},
                "param": {"bias": {"lr_mult": 2}},
            },
        ),
        ('type: "ReLU" propagate_down: true', {"type": "ReLU"}),
        ('type: "ReLU" include { phase: TRAIN }', {"type": "ReLU", "phase": "train"}),
    ],
)
def test_what_holds_anyway_is_left_out(text: str, expected: dict[str, Any]) -> None:
    assert one(text) == expected


def test_a_chain_names_no_bottoms_and_blobs_keep_their_names() -> None:
    _, layers = made(f"""{INPUT}{LABEL}
        layer {{ name: "a" type: "InnerProduct" bottom: "data" top: "a"
                 inner_product_param {{ num_output: 4 }} }}
        layer {{ name: "r" type: "ReLU" bottom: "a" top: "a" }}
        layer {{ name: "b" type: "Sigmoid" bottom: "data" top: "b" }}
        layer {{ name: "s" type: "Split" bottom: "a" top: "s1" top: "s2" }}
        layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "s1" bottom: "label" top: "loss"
                 loss_weight: 1 }}
        layer {{ name: "acc" type: "Accuracy" bottom: "s1" bottom: "label" top: "acc"
                 include {{ phase: TEST }} }}""")

    assert layers == [
        {"name": "a", "type": "InnerProduct", "num_output": 4},
        {"name": "r", "type": "ReLU", "top": "a"},
        {"name": "b", "type": "Sigmoid", "bottom": "data"},
        {"name": "s", "type": "Split", "bottom": "a", "top": ["s1", "s2"]},
        {"name": "loss", "type": "SoftmaxWithLoss", "bottom": ["s1", "label"]},
        {"name": "acc", "type": "Accuracy", "bottom": ["s1", "label"], "phase": "test"},
    ]


def test_a_metric_that_is_read_keeps_its_phases() -> None:
    _, layers = made(f"""{INPUT}{LABEL}
        layer {{ name: "f" type: "InnerProduct" bottom: "data" top: "f"
                 inner_product_param {{ num_output: 4 }} }}
        layer {{ name: "acc" type: "Accuracy" bottom: "f" bottom: "label" top: "acc"
                 include {{ phase: TEST }} }}
        layer {{ name: "q" type: "Silence" bottom: "acc" include {{ phase: TEST }} }}""")

    assert layers[1]["phase"] == ["test", "deploy"]


def test_what_all_layers_of_a_type_say_is_said_once() -> None:
    defaults, layers = made(f"""{INPUT}
        layer {{ name: "a" type: "Convolution" bottom: "data" top: "a" param {{ lr_mult: 0 }}
          convolution_param {{ num_output: 4 kernel_size: 1 weight_filler {{ type: "msra" }} }} }}
        layer {{ name: "b" type: "Convolution" bottom: "a" top: "b" param {{ lr_mult: 0 }}
          convolution_param {{ num_output: 4 kernel_size: 1 weight_filler {{ type: "msra" }}
                               bias_term: false }} }}
        layer {{ name: "d" type: "Dropout" bottom: "b" top: "d"
          dropout_param {{ dropout_ratio: 0.2 }} }}""")

    assert defaults == {
        "Convolution": {"weight_filler": "msra", "param": {"weight": {"lr_mult": 0}}}
    }
    assert layers == [
        {"name": "a", "type": "Convolution", "num_output": 4, "kernel_size": 1},
        {
            "name": "b",
            "type": "Convolution",
            "num_output": 4,
            "kernel_size": 1,
            "bias_term": False,
        },
        {"name": "d", "type": "Dropout", "dropout_ratio": 0.2},
    ]


def test_shared_parameters_keep_their_names() -> None:
    layer = (
        'layer {{ name: "{0}" type: "InnerProduct" bottom: "data" top: "{0}" '
        'param {{ name: "w" }} inner_product_param {{ num_output: 4 }} }}'
    )
    defaults, layers = made(INPUT + layer.format("a") + layer.format("b"))

    assert defaults == {}
    assert [layer["param"] for layer in layers] == [{"weight": {"name": "w"}}] * 2
