from __future__ import annotations

from typing import Any

import pytest

from protonet.caffe.report import Report
from protonet.caffe.values import dims, filler, grouped, message, one, scalar, texts, value_of
from tests.caffe.reading import NAME, checked, lines


def written(text: str, kind: str) -> Any:
    (group,) = grouped(checked(text, kind))
    report = Report(NAME)
    made = value_of(group[1], kind, report, "layer.x")
    assert not report.notes
    return made.data


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("num_output: 20", "convolution_param", 20),
        ("kernel_size: 5", "convolution_param", 5),
        ("kernel_size: 5 kernel_size: 3", "convolution_param", [5, 3]),
        ("kernel_size: [5, 3]", "convolution_param", [5, 3]),
        ("slice_point: 1", "slice_param", [1]),
        ("coeff: 1 coeff: -1", "eltwise_param", [1, -1]),
        ("mean_value: 104", "transform_param", 104),
        ("mean_value: 104 mean_value: 117", "transform_param", [104, 117]),
        ("stepvalue: 7", "SolverParameter", [7]),
        ("shape { dim: 0 dim: -1 }", "reshape_param", [0, -1]),
        ("weight_filler { type: 'msra' }", "inner_product_param", {"type": "msra"}),
        (
            "weight_filler { type: 'gaussian' std: 0.01 sparse: 3 }",
            "inner_product_param",
            {"type": "gaussian", "std": 0.01, "sparse": 3},
        ),
        ("pool: AVE", "pooling_param", "AVE"),
        ("shape { dim: 2 } shape { }", "dummy_data_param", [[2], []]),
        (
            "nms_param { nms_threshold: 0.45 top_k: 400 }",
            "detection_output_param",
            {"nms_threshold": 0.45, "top_k": 400},
        ),
        (
            "data_filler { value: 2 } data_filler { type: 'xavier' }",
            "dummy_data_param",
            [{"value": 2}, {"type": "xavier"}],
        ),
    ],
)
def test_a_field_is_written_as_in_yaml(text: str, kind: str, expected: object) -> None:
    assert written(text, kind) == expected


def test_a_filler_keeps_what_its_type_uses() -> None:
    report = Report(NAME)

    made = filler(checked("value: 0.1 std: 3", "FillerParameter"), report, "layer.ip.bias_filler")

    assert made.data == {"value": 0.1}
    assert lines(report.notes) == [
        "1:12 layer.ip.bias_filler.std: Caffe does not use std in a constant filler"
    ]


def test_an_unknown_filler_keeps_everything_for_the_specs_check() -> None:
    report = Report(NAME)

    made = filler(checked("type: 'orthogonal' std: 3", "FillerParameter"), report, "")

    assert made.data == {"type": "orthogonal", "std": 3}
    assert not report.notes


def test_single_and_repeated_values_are_found() -> None:
    layer = checked("name: 'a' top: 'x' top: 'y'", "LayerParameter")

    assert one(layer, "name") == "a"
    assert one(layer, "type") is None
    assert texts(layer, "top") == ["x", "y"]
    assert [(name, len(fields)) for name, fields in grouped(layer)] == [("name", 1), ("top", 2)]


def test_a_shapes_sizes_are_found() -> None:
    (shape,) = checked("shape { dim: 2 dim: 3 }", "input_param").fields

    assert dims(message(shape)) == [2, 3]


def test_a_list_knows_the_place_of_each_item() -> None:
    fields = checked("slice_point: 1\nslice_point: 2", "slice_param").fields

    made = value_of(fields, "slice_param", Report(NAME), "")

    assert [scalar(field) for field in fields] == made.data
    assert made.marks.locate((1,)).line == 2
