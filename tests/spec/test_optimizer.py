"""The update rule as a map, and as Caffe's flat keys."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from protonet.optim.sgd import SgdParams
from protonet.spec.optimizer import RULE_KEYS, OptimizerSpec, flat_rule, rule_keys


def test_a_rule_is_a_map_or_a_bare_name() -> None:
    rule = OptimizerSpec.model_validate({"type": "SGD", "momentum": 0.9})
    assert (rule.type, rule.params, rule.flat) == ("SGD", SgdParams(momentum=0.9), False)
    assert OptimizerSpec.model_validate("SGD").params == SgdParams()


def test_flat_keys_make_the_same_rule_and_leave_the_solvers_alone() -> None:
    rule, lines = flat_rule({"base_lr": 1, "momentum": 0.9, "weight_decay": 0.1})
    assert lines == []
    assert rule is not None
    assert (rule.type, rule.params, rule.flat) == (
        "SGD",
        SgdParams(momentum=0.9, weight_decay=0.1),
        True,
    )


def test_a_rule_knows_its_keys_and_an_unknown_one_may_have_any() -> None:
    assert rule_keys("SGD") == {"momentum", "weight_decay", "regularization_type"}
    assert rule_keys("Sgd") == rule_keys(3) == RULE_KEYS


def test_of_a_type_that_is_no_text_the_solver_says_so() -> None:
    assert flat_rule({"type": 3}) == (None, [])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"momentum": 0.9}, [("missing", ("type",), "Field required", None)]),
        ({"type": "SDG"}, [("PN014", ("type",), "unknown update rule", "did you mean SGD?")]),
        ("SDG", [("PN014", (), "unknown update rule", "did you mean SGD?")]),
        (
            {"type": "RAdam"},
            [("PN014", ("type",), "unknown update rule", "did you mean optim.RAdam?")],
        ),
        (
            {"type": "SGD", "momentun": 1, "weight_decay": -1},
            [
                (
                    "greater_than_equal",
                    ("weight_decay",),
                    "Input should be greater than or equal to 0",
                    None,
                ),
                ("PN012", ("momentun",), "unknown key", "did you mean momentum?"),
            ],
        ),
        (
            {"type": "SGD", "params": 1},  # a name of ours, and no key of the language
            [
                (
                    "PN012",
                    ("params",),
                    "unknown key",
                    "known: momentum, regularization_type, type, weight_decay",
                )
            ],
        ),
        (
            {"type": "optim.SparseAdam"},
            [
                (
                    "PN014",
                    ("type",),
                    "SparseAdam takes sparse gradients, and those of layers are dense",
                    "optim.Adam",
                )
            ],
        ),
    ],
)
def test_what_no_rule_can_be_made_of_is_told(written: object, expected: list[Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        OptimizerSpec.model_validate(written)
    found = [
        (one["type"], one["loc"], one["msg"], one.get("ctx", {}).get("hint"))
        for one in caught.value.errors()
    ]
    assert found == expected


def test_torchs_own_rule_given_flat_is_shown_its_place() -> None:
    rule, (line,) = flat_rule({"type": "optim.AdamW"})
    kind: Any = line["type"]
    assert rule is None
    assert kind.context["hint"] == "torch's own stand in a map: optimizer: {type: optim.AdamW, …}"
