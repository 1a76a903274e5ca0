"""Forks' messages against what each fork's caffe.proto has."""

from __future__ import annotations

import pytest

from protonet.caffe.fields import MESSAGES
from protonet.caffe.fork_fields import FORK_MESSAGES, FORK_PARAMS, FORK_TYPES
from protonet.caffe.layer_fields import LAYER_PARAMS
from protonet.caffe.layers import layer_of
from protonet.caffe.report import Report
from protonet.layers import LAYERS
from tests.caffe.reading import NAME, layer, lines


def test_every_message_of_a_fork_is_known_in_a_layer() -> None:
    assert FORK_PARAMS.keys() <= LAYER_PARAMS.keys()
    assert {name for names in FORK_TYPES.values() for name in names} <= LAYER_PARAMS.keys()


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (
            'type: "Interp" interp_param { zoom_factor: 2 pad_beg: -1 }',
            {"zoom_factor": 2, "pad_beg": -1},
        ),
        ('type: "Upsample" upsample_param { scale: 2 }', {"scale": 2}),
        (
            'type: "Upsample" upsample_param { scale: 2 upsample_w: 60 upsample_h: 45 }',
            {"scale": 2, "upsample_w": 60, "upsample_h": 45},
        ),
        (
            'type: "DetectionOutput" detection_output_param { num_classes: 21'
            " share_location: true nms_param { nms_threshold: 0.45 top_k: 400 }"
            " code_type: CENTER_SIZE keep_top_k: 200 }",
            {
                "num_classes": 21,
                "share_location": True,
                "nms_param": {"nms_threshold": 0.45, "top_k": 400},
                "code_type": "CENTER_SIZE",
                "keep_top_k": 200,
            },
        ),
        (
            'type: "FocalLoss" focal_loss_param { type: LINEAR beta: 0.5 alpha: 0.75 }',
            {"form": "LINEAR", "beta": 0.5, "alpha": 0.75},
        ),
        ('type: "SmoothL1Loss" smooth_l1_loss_param { sigma: 3 }', {"sigma": 3}),
        (
            'type: "FocalLoss" focal_loss_param { gamma: 1.5 } loss_param { ignore_label: 0 }',
            {"gamma": 1.5, "ignore_label": 0},
        ),
        (
            'type: "ROIPooling" roi_pooling_param { pooled_h: 7 pooled_w: 6 spatial_scale: 0.5 }',
            {"pooled_h": 7, "pooled_w": 6, "spatial_scale": 0.5},
        ),
        ('type: "Reorg" reorg_param { stride: 2 reverse: true }', {"stride": 2, "reverse": True}),
        (
            'type: "DepthwiseConvolution" convolution_param { num_output: 4 kernel_size: 3 }',
            {"num_output": 4, "kernel_size": 3},
        ),
    ],
)
def test_a_forks_fields_become_keys(text: str, keys: dict[str, object]) -> None:
    report = Report(NAME)

    found = layer_of(layer(f"layer {{ {text} }}"), LAYERS, report).data

    common = {"type", "bottom", "top"}
    assert {key: value for key, value in found.items() if key not in common} == keys
    assert not report.notes


def test_what_a_detector_saves_and_draws_is_noted_and_left_out() -> None:
    report = Report(NAME)

    found = layer_of(
        layer("""layer {
          name: "found" type: "DetectionOutput"
          detection_output_param {
            num_classes: 21
            save_output_param { output_directory: "out" resize_param { resize_mode: WARP prob: 1 } }
            visualize: true
            visualize_threshold: 0.6
            save_file: "out.avi"
          } }"""),
        LAYERS,
        report,
    ).data

    assert found == {
        "name": "found",
        "type": "DetectionOutput",
        "bottom": [],
        "top": [],
        "num_classes": 21,
    }
    place = "layer.found.detection_output_param"
    assert lines(report.notes) == [
        f"5:13 {place}.save_output_param: the detections are the top: an HDF5Output layer keeps"
        " them",
        f"6:13 {place}.visualize: protonet draws nothing into images",
        f"7:13 {place}.visualize_threshold: protonet draws nothing into images",
        f"8:13 {place}.save_file: protonet draws nothing into images",
    ]


def test_the_messages_inside_are_known_too() -> None:
    named = {kind.message for fields in FORK_PARAMS.values() for kind in fields.values()}
    inner = {kind.message for fields in FORK_MESSAGES.values() for kind in fields.values()}
    assert FORK_MESSAGES.keys() <= named | inner
    assert (named | inner) - {""} <= MESSAGES.keys()
