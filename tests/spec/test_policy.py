"""`lr_policy`: a name or a map, its lengths in iterations or epochs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from protonet.errors import Path
from protonet.lr_policy.caffe import InvParams, MultistepParams, StepParams
from protonet.spec.duration import Duration
from protonet.spec.policy import LrPolicySpec


def test_a_policy_is_a_map_or_a_bare_name() -> None:
    policy = LrPolicySpec.model_validate({"type": "inv", "gamma": 0.1, "power": 2})
    assert (policy.type, policy.params) == ("inv", InvParams(gamma=0.1, power=2))
    assert LrPolicySpec.model_validate("fixed").type == "fixed"


def test_steps_may_be_given_in_epochs_and_are_known_later() -> None:
    policy = LrPolicySpec.model_validate({"type": "step", "gamma": 0.1, "stepsize": "30 epochs"})
    assert policy.durations == {"stepsize": Duration(Fraction(30))}
    assert policy.lengths("stepsize") == [Duration(Fraction(30))]
    places: list[object] = []

    def turn(length: object, path: Path) -> object:
        places.append(path)
        return 28_140 if isinstance(length, Duration) else length

    turned = policy.turned(turn, ("lr_policy",))
    assert (turned.params, turned.durations) == (StepParams(gamma=0.1, stepsize=28_140), {})
    assert ("lr_policy", "stepsize") in places


def test_a_list_may_mix_epochs_and_iterations() -> None:
    written = {"type": "multistep", "gamma": 0.1, "stepvalue": [5, "7 iterations", "1 epoch"]}
    policy = LrPolicySpec.model_validate(written)
    assert policy.lengths("stepvalue") == [5, 7, Duration(Fraction(1))]
    assert policy.durations == {"stepvalue": [5, 7, Duration(Fraction(1))]}


def test_a_list_without_epochs_waits_for_nothing() -> None:
    written = {"type": "multistep", "gamma": 0.1, "stepvalue": [5, "7 iterations"]}
    policy = LrPolicySpec.model_validate(written)
    assert (policy.params, policy.durations) == (MultistepParams(gamma=0.1, stepvalue=(5, 7)), {})
    assert (policy.lengths("stepvalue"), policy.lengths("stepsize")) == ([5, 7], [])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"gamma": 1}, [("missing", ("type",), "Field required", None)]),
        ("steb", [("PN014", (), "unknown policy", "did you mean step?")]),
        (
            {"type": "CyclicLR"},
            [("PN014", ("type",), "unknown policy", "did you mean lr_scheduler.CyclicLR?")],
        ),
        (
            {"type": "step", "stepsize": "3 epox"},
            [
                ("missing", ("gamma",), "Field required", None),
                ("PN014", ("stepsize",), "unknown unit epox", "did you mean epoch?"),
            ],
        ),
        (
            {"type": "step", "gamma": 1, "stepsize": "0 epochs"},
            [("greater_than", ("stepsize",), "Input should be greater than 0", None)],
        ),
        (
            {"type": "multistep", "gamma": 1, "stepvalue": [1, "two", "-1 epochs"]},
            [
                (
                    "PN010",
                    ("stepvalue", 1),
                    "a whole number or a duration is needed",
                    "500, 500 iterations or 0.5 epochs",
                ),
                ("PN013", ("stepvalue", 2), "must be at least 0", ""),
            ],
        ),
        (
            {"type": "multistep", "gamma": 1, "stepvalue": "30 epochs"},
            [("tuple_type", ("stepvalue",), "Input should be a valid tuple", None)],
        ),
        (
            "lr_scheduler.StepLR",
            [("PN011", ("step_size",), "missing", "")],
        ),
    ],
)
def test_what_no_policy_can_be_made_of_is_told(written: object, expected: list[Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        LrPolicySpec.model_validate(written)
    found = [
        (one["type"], one["loc"], one["msg"], one.get("ctx", {}).get("hint"))
        for one in caught.value.errors()
    ]
    assert found == expected


def test_a_policy_without_lengths_takes_no_duration() -> None:
    with pytest.raises(ValidationError) as caught:
        LrPolicySpec.model_validate({"type": "exp", "gamma": 0.5, "stepsize": "1 epoch"})
    assert [(one["loc"], one["msg"]) for one in caught.value.errors()] == [
        (("stepsize",), "unknown key")
    ]
