from __future__ import annotations

import struct
from pathlib import Path

from protonet.caffe.layers import layer_of
from protonet.caffe.prices import put_matrix
from protonet.caffe.values import message
from tests.caffe.reading import context, layer, refused

TEXT = 'layer { name: "l" type: "InfogainLoss" infogain_loss_param { source: "h" axis: 2 } }'
SHAPE_2_2, SHAPE_1_2 = b"\x3a\x04\x08\x02\x08\x02", b"\x3a\x04\x08\x01\x08\x02"
SHAPE_4 = b"\x3a\x02\x08\x04"


def test_the_numbers_of_the_file_take_its_place(tmp_path: Path) -> None:
    (tmp_path / "h").write_bytes(b"\x2a\x10" + struct.pack("<4f", 1, 2, 3, 4) + SHAPE_2_2)
    within, field = context(places=[tmp_path]), layer(TEXT)
    made = layer_of(field, within.layers, within.report)

    put_matrix(message(field), made, within)

    assert made.data["matrix"] == [[1, 2], [3, 4]]
    assert "source" not in made.data
    assert made.marks.children["matrix"].value.column == 70
    within.report.stop_at_problems()


def test_the_numbers_may_have_any_shape_as_in_caffe(tmp_path: Path) -> None:
    (tmp_path / "h").write_bytes(b"\x2a\x10" + struct.pack("<4f", 1, 2, 3, 4) + SHAPE_4)
    within, field = context(places=[tmp_path]), layer(TEXT)
    made = layer_of(field, within.layers, within.report)

    put_matrix(message(field), made, within)

    assert made.data["matrix"] == [[1, 2], [3, 4]]


def test_numbers_that_are_no_square_are_refused(tmp_path: Path) -> None:
    (tmp_path / "h").write_bytes(b"\x2a\x08" + struct.pack("<2f", 1, 2) + SHAPE_1_2)
    within, field = context(places=[tmp_path]), layer(TEXT)
    made = layer_of(field, within.layers, within.report)

    put_matrix(message(field), made, within)

    (problem,) = within.report.problems
    assert problem.why == (
        f"{tmp_path / 'h'} holds 2 numbers, which are no square of classes by classes"
    )


def test_a_missing_file_is_refused_where_it_is_named() -> None:
    within, field = context(), layer(TEXT)
    made = layer_of(field, within.layers, within.report)

    put_matrix(message(field), made, within)

    assert refused(within.report) == (
        "error[PN051] net.prototxt:1:70 layer.l.infogain_loss_param.source: there is no file h\n"
        f"    1 | {TEXT}\n"
        f"      | {' ' * 69}^^^\n"
        "      it is looked for beside the prototxt, in the folders above it and in the current one"
        "  see: protonet explain PN051\n"
        "1 error in net.prototxt"
    )


def test_a_file_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "h").write_bytes(b"\x2a")
    within, field = context(places=[tmp_path]), layer(TEXT)
    made = layer_of(field, within.layers, within.report)

    put_matrix(message(field), made, within)

    (problem,) = within.report.problems
    assert problem.why == f"{tmp_path / 'h'} is no BlobProto of Caffe: it ends within a number"


def test_other_layers_keep_what_they_have() -> None:
    within, field = context(), layer('layer { type: "ReLU" relu_param { negative_slope: 1 } }')
    made = layer_of(field, within.layers, within.report)

    put_matrix(message(field), made, within)

    assert made.data["negative_slope"] == 1
