from __future__ import annotations

import pytest

from protonet.caffe.writing.rules import rule_fields
from protonet.caffe.writing.text import text_of
from protonet.caffe.writing.tree import message
from tests.specs import net_of


@pytest.mark.parametrize(
    ("keys", "rules"),
    [
        ("phase: train", "include { phase: TRAIN }"),
        ("phase: test", "include { phase: TEST }"),
        ("phase: [test, deploy]", "include { phase: TEST }"),
        ("phase: [train, test]", ""),
        ("", ""),
        (
            "include: [{phase: train, stage: a, not_stage: [b, c]}, {min_level: 1, max_level: 2}]",
            'include { phase: TRAIN stage: "a" not_stage: "b" not_stage: "c" } '
            "include { min_level: 1 max_level: 2 }",
        ),
        ("exclude: [{phase: test}, {phase: deploy}]", "exclude { phase: TEST }"),
    ],
)
def test_rules_are_caffes(keys: str, rules: str) -> None:
    (layer,) = net_of(f"name: a, type: ReLU, {keys}", inputs="{data: [1]}").layers

    assert " ".join(text_of(message(rule_fields(layer))).split()) == rules
