from __future__ import annotations

from pathlib import Path

import pytest

from protonet.caffe.check import check
from protonet.caffe.report import Report
from protonet.caffe.text_format import parse
from protonet.caffe.values import message, scalar
from tests.caffe.reading import NAME, checked, refused

REFUSED = Path(__file__).parent / "refused"


def refusal(text: str, kind: str = "NetParameter") -> str:
    report = Report(NAME)
    check(parse(text, NAME), kind, report)
    return refused(report)


def value(text: str, kind: str) -> object:
    (field,) = checked(text, kind).fields
    return scalar(field)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("pool: AVE", "pooling_param", "AVE"),
        ("pool: 1", "pooling_param", "AVE"),
        ("norm: 2", "hinge_loss_param", "L2"),
        ("global_pooling: true", "pooling_param", True),
        ("global_pooling: 0", "pooling_param", False),
        ("global_pooling: t", "pooling_param", True),
        ("alpha: 1", "lrn_param", 1),
        ("alpha: 1e-4", "lrn_param", 1e-4),
        ("alpha: inf", "lrn_param", float("inf")),
        ("axis: -1", "softmax_param", -1),
        ("min: -2147483648", "clip_param", -2147483648),
    ],
)
def test_a_value_is_read_as_its_fields_type_has_it(text: str, kind: str, expected: object) -> None:
    found = value(text, kind)

    assert found == expected
    assert type(found) is type(expected)


def test_messages_inside_are_checked_too() -> None:
    net = checked("layer { pooling_param { pool: 0 } }", "NetParameter")
    (pooling,) = message(net.fields[0]).fields
    (pool,) = message(pooling).fields

    assert scalar(pool) == "MAX"


def test_all_that_is_wrong_is_told_at_once() -> None:
    report = Report("fields.prototxt")

    check(parse((REFUSED / "fields.prototxt").read_text(), report.name), "NetParameter", report)

    assert refused(report) + "\n" == (REFUSED / "fields.txt").read_text()


def test_what_is_wrong_is_left_out_of_what_comes_back() -> None:
    report = Report(NAME)

    tree = check(parse('name: "x" nam: "y" force_backward: 3', NAME), "NetParameter", report)

    assert [field.name for field in tree.fields] == ["name"]
    assert len(report.problems) == 2


def test_weights_inside_a_prototxt_are_refused() -> None:
    assert refusal("layer { blobs { data: 1 } }") == (
        "error[PN051] net.prototxt:1:9 layer.blobs: "
        "this version reads no weights that stand inside a prototxt\n"
        "    1 | layer { blobs { data: 1 } }\n"
        "      |         ^^^^^\n"
        "      keep them in a file of their own          see: protonet explain PN051\n"
        "1 error in net.prototxt"
    )
