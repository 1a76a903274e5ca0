from __future__ import annotations

from protonet.caffe.writing.own_keys import own_fields
from protonet.caffe.writing.text import text_of
from protonet.caffe.writing.tree import message
from protonet.layers import LAYERS


def shown(kind: str, **keys: object) -> tuple[str, list[str]]:
    params = LAYERS[kind].params.model_validate(keys)
    fields, unknown = own_fields(kind, params.model_dump(exclude_defaults=True))
    return " ".join(text_of(message(fields)).split()), unknown


def test_keys_stand_in_the_message_of_their_type() -> None:
    made = shown(
        "Convolution",
        num_output=4,
        kernel_size=[1, 7],
        bias_term=False,
        group=1,
        weight_filler={"type": "gaussian", "std": 0.01},
        bias_filler={"type": "constant", "value": 0},
    )

    assert made == (
        "convolution_param { kernel_size: 1 kernel_size: 7 num_output: 4 bias_term: false "
        'weight_filler { type: "gaussian" std: 0.01 } }',
        [],
    )


def test_a_type_of_two_messages_has_each_key_in_its_own() -> None:
    assert shown("SoftmaxWithLoss", axis=2, normalization="BATCH_SIZE", ignore_label=255) == (
        "softmax_param { axis: 2 } loss_param { ignore_label: 255 normalization: BATCH_SIZE }",
        [],
    )


def test_shapes_choices_and_messages_in_messages_are_written() -> None:
    assert shown("Reshape", shape=[0, -1], axis=1)[0] == (
        "reshape_param { shape { dim: 0 dim: -1 } axis: 1 }"
    )
    assert shown("DummyData", shape=[[2, 3], [2]], dtype="int64") == (
        "dummy_data_param { shape { dim: 2 dim: 3 } shape { dim: 2 } }",
        [],
    )
    assert shown("Pooling", pool="AVE", global_pooling=True)[0] == (
        "pooling_param { pool: AVE global_pooling: true }"
    )
    written = shown("DetectionOutput", num_classes=3, nms_param={"nms_threshold": 0.4})[0]
    assert "nms_param { nms_threshold: 0.4 }" in written


def test_a_key_that_has_another_name_here_gets_its_own_back() -> None:
    assert shown("FocalLoss", form="LINEAR")[0] == "focal_loss_param { type: LINEAR }"


def test_keys_that_caffe_has_not_are_named() -> None:
    assert shown("SoftmaxWithLoss", label_smoothing=0.1, axis=1) == ("", ["label_smoothing"])
