from __future__ import annotations

import pytest

from protonet.caffe.foreign import without_foreign
from protonet.caffe.report import Report
from protonet.caffe.text_format import parse
from protonet.layers import LAYERS
from tests.caffe.reading import NAME, context, refused

_BN = 'layer { name: "b" type: "BN" bottom: "x" bn_param { bn_mode: INFERENCE } }'


def test_of_a_forks_layer_the_type_is_told_and_not_its_fields() -> None:
    made = context()

    made.checked(parse(_BN, NAME))

    assert refused(made.report) == (
        "error[PN020] net.prototxt:1:25 layer.b.type: unknown layer type\n"
        f"    1 | {_BN}\n"
        "      |                         ^^^^\n"
        "      here it is BatchNorm and a Scale below it  see: protonet explain PN020\n"
        "1 error in net.prototxt"
    )


def test_all_layers_of_unknown_types_are_told_at_once_with_what_else_is_wrong() -> None:
    made = context()
    text = (
        'layer { name: "d" type: "AnnotatedData" transform_param { resize_param { prob: 1 } } '
        "annotated_data_param { } }\n"
        'layer { name: "s" type: "Sofmax" bottom: "x" }\n'
        f"{_BN}\n"
        'layer { name: "c" type: "Convolution" convolution_param { kernal: 3 } }\n'
    )

    made.checked(parse(text, NAME))

    found = [(one.mark.line, one.code, one.path) for one in made.report.problems if one.mark]
    assert sorted(found) == [
        (1, "PN020", "layer.d.type"),
        (2, "PN020", "layer.s.type"),
        (3, "PN020", "layer.b.type"),
        (4, "PN051", "layer.c.convolution_param.kernal"),
    ]


def test_what_stands_beside_the_messages_is_checked_as_ever() -> None:
    made = context()

    made.checked(parse(_BN.replace("bn_param", "botom: 3 bn_param"), NAME))

    assert [one.path for one in made.report.problems] == ["layer.b.type", "layer.b.botom"]


@pytest.mark.parametrize(
    "text",
    [
        'layer { name: "b" type: "BN" bottom: "x" }',
        'layer { name: "r" type: "ReLU" relu6_param { } }',
        'layer { name: "d" type: "Data" annotated_data_param { } }',
        'layer { name: "d" bn_param { } }',
        "layer { type: 3 bn_param { } }",
        "layer { type { } bn_param { } }",
        "layer: 3",
    ],
)
def test_a_net_without_such_messages_stays_as_it_is(text: str) -> None:
    report, net = Report(NAME), parse(text, NAME)

    assert without_foreign(net, LAYERS, report) is net
    assert not report.problems
