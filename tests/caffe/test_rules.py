from __future__ import annotations

from typing import Any

import pytest

from protonet.caffe.marked import Marked, mapping
from protonet.caffe.report import Report
from protonet.caffe.rules import exists, put_rules, stages
from protonet.spec.state import State
from tests.caffe.reading import NAME, checked, lines


def put(text: str) -> tuple[Marked, Report]:
    layer, report = checked(text, "LayerParameter"), Report(NAME)
    made = mapping(layer.mark)
    put_rules(layer, made, report, "layer.x")
    return made, report


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("include { phase: TRAIN }", {"phase": "train"}),
        ("include { phase: TEST }", {"phase": ["test", "deploy"]}),
        ("exclude { phase: TRAIN }", {"phase": ["test", "deploy"]}),
        ("exclude { phase: TEST }", {"phase": "train"}),
        ("include { phase: TRAIN } include { phase: TEST }", {}),
        ("include { }", {}),
        ("exclude { }", {"phase": []}),
        ("include { stage: 'a' stage: 'b' }", {"include": [{"stage": ["a", "b"]}]}),
        (
            "include { phase: TRAIN min_level: 1 max_level: 2 not_stage: 'a' }",
            {"include": [{"phase": "train", "min_level": 1, "max_level": 2, "not_stage": ["a"]}]},
        ),
        (
            "include { phase: TEST stage: 'a' }",
            {
                "include": [
                    {"phase": "test", "stage": ["a"]},
                    {"phase": "deploy", "stage": ["a"]},
                ]
            },
        ),
        (
            "exclude { phase: TRAIN } exclude { stage: 'a' }",
            {"exclude": [{"phase": "train"}, {"stage": ["a"]}]},
        ),
        (
            "include { phase: TRAIN } exclude { stage: 'a' }",  # which the spec's check refuses
            {"include": [{"phase": "train"}], "exclude": [{"stage": ["a"]}]},
        ),
    ],
)
def test_rules_are_written_as_in_yaml(text: str, expected: dict[str, Any]) -> None:
    made, report = put(text)

    assert made.data == expected
    assert not report.notes


def test_a_layers_own_phase_is_no_rule() -> None:
    made, report = put("phase: TEST")

    assert made.data == {}
    assert lines(report.notes) == [
        "1:1 layer.x.phase: Caffe builds the layer in every net and has it behave as in this "
        "phase; protonet has no such key (rules go into include { phase: … })"
    ]


@pytest.mark.parametrize(
    ("text", "state", "expected"),
    [
        ("", State("train"), True),
        ("include { phase: TEST }", State("train"), False),
        ("include { phase: TEST }", State("deploy"), True),
        ("exclude { phase: TEST }", State("deploy"), False),
        ("include { phase: TEST stage: 'a' }", State("test"), False),
        ("include { phase: TEST stage: 'a' }", State("test", 0, frozenset({"a"})), True),
        ("include { min_level: 1 }", State("train", 0), False),
        ("include { min_level: 1 }", State("train", 1), True),
    ],
)
def test_a_layer_exists_where_caffe_has_it(text: str, state: State, expected: bool) -> None:
    assert exists(checked(text, "LayerParameter"), state) is expected


def test_every_stage_that_is_asked_for_is_found_once() -> None:
    text = "include { stage: 'b' stage: 'a' } include { stage: 'b' not_stage: 'c' }"

    assert stages(checked(text, "LayerParameter")) == ["b", "a"]


def test_errors_are_shown_at_the_rules() -> None:
    made, _ = put("include {\n  phase: TEST\n  stage: 'a'\n}")

    assert made.marks.locate(("include", 0)).line == 1
    assert made.marks.locate(("include", 1, "phase")).line == 2
    assert made.marks.locate(("include", 1, "stage", 0)).line == 3
