from __future__ import annotations

from typing import Any

import pytest

from protonet.caffe.layers import layer_of, note_unread, own_keys, place_of
from protonet.caffe.report import Report
from protonet.caffe.values import message
from protonet.layers import LAYERS
from tests.caffe.reading import NAME, checked, layer, lines, refused


def made(text: str) -> tuple[dict[str, Any], Report]:
    report = Report(NAME)
    return layer_of(layer(text), LAYERS, report).data, report


def test_a_layer_becomes_its_flat_keys() -> None:
    found, report = made("""
        layer {
          name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
          param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
          convolution_param {
            num_output: 20 kernel_size: 5 stride: 2 pad: 0
            weight_filler { type: "xavier" } bias_filler { type: "constant" value: 0.1 }
          }
        }""")

    assert found == {
        "name": "conv1",
        "type": "Convolution",
        "bottom": ["data"],
        "top": ["conv1"],
        "param": {
            "weight": {"lr_mult": 1, "decay_mult": 1},
            "bias": {"lr_mult": 2, "decay_mult": 0},
        },
        "num_output": 20,
        "kernel_size": 5,
        "stride": 2,
        "pad": 0,
        "weight_filler": {"type": "xavier"},
        "bias_filler": {"type": "constant", "value": 0.1},
    }
    assert not report.notes


def test_two_messages_of_one_type_lie_side_by_side() -> None:
    found, _ = made("""
        layer {
          name: "loss" type: "SoftmaxWithLoss" bottom: "a" bottom: "label" top: "loss"
          loss_weight: 0.3 propagate_down: true propagate_down: false include { phase: TRAIN }
          softmax_param { axis: 2 } loss_param { ignore_label: 255 normalization: FULL }
        }""")

    assert found == {
        "name": "loss",
        "type": "SoftmaxWithLoss",
        "bottom": ["a", "label"],
        "top": ["loss"],
        "phase": "train",
        "loss_weight": [0.3],
        "propagate_down": [True, False],
        "axis": 2,
        "ignore_label": 255,
        "normalization": "FULL",
    }


def test_parameters_go_by_position() -> None:
    found, report = made("""
        layer {
          name: "ip" type: "InnerProduct" bottom: "x" top: "y"
          param { } param { name: "shared" share_mode: PERMISSIVE }
        }""")

    assert found["param"] == {"bias": {"name": "shared"}}
    assert lines(report.notes) == [
        "4:44 layer.ip.param.share_mode: protonet shares parameters of one shape only"
    ]


def test_the_only_parameter_of_a_scale_by_a_second_bottom_is_its_bias() -> None:
    text = """layer {{ name: "s" type: "Scale" bottom: "x" {} param {{ lr_mult: 2 }}
              scale_param {{ bias_term: true }} }}"""
    two, _ = made(text.format('bottom: "y"'))
    one, _ = made(text.format(""))

    assert list(two["param"]) == ["bias"]
    assert list(one["param"]) == ["weight"]


def test_without_a_static_bottom_there_is_no_weight_for_it() -> None:
    text = """layer {{ name: "l" type: "LSTM" bottom: "x" bottom: "cont" {} recurrent_param {{
              expose_hidden: {} }} param {{ }} param {{ }} param {{ lr_mult: 2 }} }}"""
    static, state = 'bottom: "static"', 'bottom: "h" bottom: "c"'

    found = [
        [*made(text.format(*parts))[0]["param"]]
        for parts in (("", "false"), (state, "true"), (static, "false"), (static + state, "true"))
    ]

    assert found == [["W_hc"], ["W_hc"], ["W_xc_static"], ["W_xc_static"]]


def test_a_field_that_a_type_does_not_read_is_noted() -> None:
    found, report = made("""
        layer { name: "i" type: "Im2col" convolution_param { num_output: 1 kernel_size: 3 } }""")

    assert found["kernel_size"] == 3
    assert "num_output" not in found
    assert lines(report.notes) == [
        "2:62 layer.i.convolution_param.num_output: Caffe does not read num_output in a layer of"
        " type Im2col"
    ]


def test_a_bias_by_a_second_bottom_has_no_parameter() -> None:
    report = Report(NAME)
    text = 'layer { name: "b" type: "Bias" bottom: "x" bottom: "y" param { lr_mult: 2 } }'
    layer_of(layer(text), LAYERS, report)

    assert (
        refused(report)
        == """\
error[PN027] net.prototxt:1:56 layer.b.param: Bias has no parameters, this is number 1
    1 | layer { name: "b" type: "Bias" bottom: "x" bottom: "y" param { lr_mult: 2 } }
      |                                                        ^^^^^
      see: protonet explain PN027
1 error in net.prototxt"""
    )


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (
            '"Permute" permute_param { order: 0 order: 2 order: 3 order: 1 }',
            {"order": [0, 2, 3, 1]},
        ),
        ('"ShuffleChannel" shuffle_channel_param { group: 3 }', {"group": 3}),
        ('"ReLU6"', {}),
        ('"Axpy"', {}),
        (
            '"Normalize" norm_param { across_spatial: false channel_shared: false '
            'scale_filler { type: "constant" value: 20 } eps: 1e-8 }',
            {
                "across_spatial": False,
                "channel_shared": False,
                "scale_filler": {"type": "constant", "value": 20},
                "eps": 1e-8,
            },
        ),
    ],
)
def test_layers_of_forks_are_read(text: str, keys: dict[str, Any]) -> None:
    found, report = made(f"layer {{ name: 'n' type: {text} }}")

    assert {
        key: found[key] for key in found if key not in ("name", "type", "bottom", "top")
    } == keys
    assert not report.notes
    LAYERS[found["type"]].params(**keys)


def test_made_up_data_stays_a_layer() -> None:
    found, _ = made("""
        layer {
          name: "made" type: "DummyData" top: "x" top: "label"
          dummy_data_param {
            shape { dim: 4 dim: 3 } shape { dim: 4 }
            data_filler { type: "gaussian" std: 2 } data_filler { value: 1 }
          }
        }""")

    assert found == {
        "name": "made",
        "type": "DummyData",
        "bottom": [],
        "top": ["x", "label"],
        "shape": [[4, 3], [4]],
        "data_filler": [{"type": "gaussian", "std": 2}, {"value": 1}],
    }


@pytest.mark.parametrize("text", ["", "param { }", "param { share_mode: STRICT }"])
def test_parameters_that_say_nothing_are_left_out(text: str) -> None:
    found, report = made(f"layer {{ name: 'ip' type: 'InnerProduct' {text} }}")

    assert "param" not in found
    assert not report.notes


def test_more_parameters_than_the_type_has_are_refused() -> None:
    report = Report(NAME)
    text = """\
layer { name: "ip" type: "InnerProduct" param { } param { } param { lr_mult: 0 } }
layer { name: "relu" type: "ReLU" param { lr_mult: 0 } }
"""
    for field in checked(text, "NetParameter").fields:
        layer_of(field, LAYERS, report)

    assert (
        refused(report)
        == """\
error[PN027] net.prototxt:1:61 layer.ip.param: InnerProduct has 2 parameters, this is number 3
    1 | layer { name: "ip" type: "InnerProduct" param { } param { } param { lr_mult: 0 } }
      |                                                             ^^^^^
      see: protonet explain PN027
error[PN027] net.prototxt:2:35 layer.relu.param: ReLU has no parameters, this is number 1
    2 | layer { name: "relu" type: "ReLU" param { lr_mult: 0 } }
      |                                   ^^^^^
      see: protonet explain PN027
2 errors in net.prototxt"""
    )


def test_what_changes_no_result_is_noted_and_left_out() -> None:
    found, report = made("""
        layer {
          name: "conv" type: "Convolution"
          convolution_param { num_output: 1 engine: CUDNN force_nd_im2col: true }
        }""")

    assert found.keys() == {"name", "type", "bottom", "top", "num_output"}
    assert lines(report.notes) == [
        "4:45 layer.conv.convolution_param.engine: protonet chooses its kernels itself",
        "4:59 layer.conv.convolution_param.force_nd_im2col: protonet chooses its kernels itself",
    ]


def test_messages_of_other_types_are_noted() -> None:
    report = Report(NAME)
    text = 'layer { name: "r" type: "ReLU" convolution_param { pad: 1 } relu_param { } }'

    note_unread(message(layer(text)), report)

    assert lines(report.notes) == [
        "1:32 layer.r.convolution_param: Caffe does not read convolution_param in a layer of type "
        "ReLU"
    ]


def test_nothing_is_chained() -> None:
    found, _ = made('layer { name: "relu" type: "ReLU" }')

    assert (found["bottom"], found["top"]) == ([], [])


def test_a_loss_without_a_top_is_named_by_us() -> None:
    found, _ = made('layer { name: "l" type: "EuclideanLoss" bottom: "a" bottom: "b" }')

    assert found == {"name": "l", "type": "EuclideanLoss", "bottom": ["a", "b"]}


def test_an_unknown_type_keeps_its_common_keys() -> None:
    found, report = made("""
        layer {
          name: "n" type: "Whiten" bottom: "x" top: "y" param { lr_mult: 1 }
          include { phase: TRAIN } power_param { power: 2 }
        }""")

    assert found == {
        "name": "n",
        "type": "Whiten",
        "bottom": ["x"],
        "top": ["y"],
        "phase": "train",
    }
    assert lines(report.notes) == [
        "3:57 layer.n.param: nobody knows which parameters a layer of this type has"
    ]


def test_own_keys_know_their_places() -> None:
    text = 'layer {\n  type: "Dropout"\n  dropout_param {\n    dropout_ratio: 0.3\n  }\n}'

    ((name, value, mark),) = own_keys(message(layer(text)), Report(NAME))

    assert (name, value.data, str(mark)) == ("dropout_ratio", 0.3, "net.prototxt:4:5")
    assert value.marks.value.column == 20


def test_a_layers_place_has_its_name() -> None:
    assert place_of(message(layer('layer { name: "a/b" }'))) == "layer.a/b"


def test_a_name_with_dots_is_written_without() -> None:
    found, report = made('layer { name: "conv1.bn" type: "ReLU" }')

    assert found["name"] == "conv1_bn"
    assert lines(report.notes) == [
        "1:15 layer.conv1.bn.name: a layer's name has no dots, here this one is called conv1_bn"
    ]


def test_statistics_have_no_rates() -> None:
    found, _ = made(
        'layer { name: "b" type: "BatchNorm" param { lr_mult: 0 } param { name: "v" lr_mult: 1 } }'
    )

    assert found["param"] == {"variance": {"name": "v"}}
