"""Forks' messages against what each fork's caffe.proto has."""

from __future__ import annotations

import pytest

from protonet.caffe.fork_fields import FORK_PARAMS, FORK_TYPES
from protonet.caffe.layer_fields import LAYER_PARAMS
from protonet.caffe.layers import layer_of
from protonet.caffe.report import Report
from protonet.layers import LAYERS
from tests.caffe.reading import NAME, layer


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
