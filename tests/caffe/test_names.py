from __future__ import annotations

from protonet.caffe.layers import layer_of
from protonet.caffe.names import rename_repeated
from protonet.caffe.report import Report
from protonet.caffe.values import message
from protonet.layers import LAYERS
from protonet.spec.state import State
from tests.caffe.reading import NAME, checked, lines


def renamed(text: str) -> tuple[list[str], Report]:
    fields, report = checked(text, "NetParameter").named("layer"), Report(NAME)
    made = [layer_of(field, LAYERS, report) for field in fields]
    rename_repeated([message(field) for field in fields], made, State("train"), report)
    return [layer.data["name"] for layer in made], report


def test_the_second_layer_of_a_name_is_called_by_its_top() -> None:
    names, report = renamed(
        "layer { name: 'loss' type: 'ReLU' top: 'a' }\nlayer { name: 'loss' type: 'ReLU' top: 'b' }"
    )

    assert names == ["loss", "b"]
    assert lines(report.notes) == [
        "2:15 layer.loss.name: a layer above has this name too, here this one is called b"
    ]


def test_a_name_that_is_taken_gets_a_number() -> None:
    names, _ = renamed(
        "layer { name: 'x' type: 'ReLU' top: 'x' } layer { name: 'x_2' type: 'ReLU' top: 'y' }"
        "layer { name: 'x' type: 'ReLU' top: 'x' } layer { name: 'x' type: 'ReLU' top: 'x' }"
    )

    assert names == ["x", "x_2", "x_3", "x_4"]


def test_layers_of_different_phases_may_share_a_name() -> None:
    names, report = renamed(
        "layer { name: 'x' type: 'ReLU' include { phase: TRAIN } }"
        "layer { name: 'x' type: 'ReLU' include { phase: TEST } }"
    )

    assert names == ["x", "x"]
    assert not report.notes
