"""Factors by pattern, and the form of several updates."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from protonet.errors import SpecError
from protonet.spec.updates import Factors, FactorSpec, UpdateSpec, factors, idle_rules
from tests.specs import spec_of


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("conv1", True),  # the layer
        ("conv*", True),
        ("conv1/weight", True),
        ("*/weight", True),
        ("conv?", True),
        ("conv[12]", True),
        ("*", True),
        ("conv", False),
        ("Conv1", False),
        ("weight", False),
        ("conv1/bias", False),
    ],
)
def test_a_pattern_is_held_against_the_layer_and_against_the_parameter(
    pattern: str, fits: bool
) -> None:
    assert FactorSpec(match=pattern).fits("conv1/weight") == fits


def test_a_layer_of_a_block_has_its_slashes() -> None:
    assert FactorSpec(match="res2a/*").fits("res2a/conv1/weight")
    assert FactorSpec(match="res2a/conv1").fits("res2a/conv1/weight")
    assert not FactorSpec(match="res2a").fits("res2a/conv1/weight")


def test_all_rules_that_fit_act_together() -> None:
    rules = [
        FactorSpec(match="conv*", lr_mult=0.5, decay_mult=0),
        FactorSpec(match="*/bias", lr_mult=2),
        FactorSpec(match="ip", lr_mult=0),
    ]
    assert factors(rules, ["conv1/weight"]) == Factors(0.5, 0)
    assert factors(rules, ["conv1/bias"]) == Factors(1.0, 0)  # 0.5 * 2
    assert factors(rules, ["other/weight"]) == Factors()


def test_a_rule_acts_once_on_a_shared_parameter_by_any_of_its_names() -> None:
    rules = [FactorSpec(match="tower_b*", lr_mult=0.5)]
    assert factors(rules, ["tower_a/weight", "tower_b/weight"]) == Factors(0.5)
    rules = [FactorSpec(match="tower*", lr_mult=0.5)]
    assert factors(rules, ["tower_a/weight", "tower_b/weight"]) == Factors(0.5)


def test_a_rule_that_fits_nothing_is_an_error_with_the_nearest_name() -> None:
    rules = [FactorSpec(match="conv1"), FactorSpec(match="cnov1"), FactorSpec(match="ip/wieght")]
    errors = idle_rules(rules, ["conv1/weight", "ip/weight"])
    assert [(one.code, one.path, one.why, one.got, one.hint) for one in errors] == [
        (
            "PN014",
            ("solver", "params", 1, "match"),
            "no parameter of the net has such a name",
            '"cnov1"',
            "did you mean conv1?",
        ),
        (
            "PN014",
            ("solver", "params", 2, "match"),
            "no parameter of the net has such a name",
            '"ip/wieght"',
            "did you mean ip/weight?",
        ),
    ]


def test_an_update_names_its_losses_its_parameters_and_its_rule() -> None:
    written = {"losses": ["real"], "params": ["d/*"], "optimizer": {"type": "SGD"}}
    update = UpdateSpec.model_validate(written)
    assert (update.losses, update.params, update.optimizer.type) == (("real",), ("d/*",), "SGD")
    with pytest.raises(ValidationError) as caught:
        UpdateSpec.model_validate({**written, "losses": [], "rate": 1})
    assert [(one["loc"], one["type"]) for one in caught.value.errors()] == [
        (("losses",), "too_short"),
        (("rate",), "PN012"),
    ]


def test_one_update_at_least_is_made_in_every_iteration() -> None:
    update = "{losses: [a], params: [a], optimizer: SGD, every: %d}"
    text = "net: {layers: []}\nsolver: {base_lr: 1, max_iter: 9, updates: [%s, %s]}\n"
    solver = spec_of(text % (update % 1, update % 5)).solver
    assert solver is not None
    assert [one.every for one in solver.updates] == [1, 5]
    with pytest.raises(SpecError) as caught:  # neither 2 nor 5 divides iteration 1
        spec_of(text % (update % 2, update % 5))
    (problem,) = caught.value.problems
    assert (problem.code, problem.path, problem.why, problem.got, problem.hint) == (
        "PN015",
        "solver.updates.0.every",
        "none of the updates is made in every iteration, so iteration 1 would make none",
        "2",
        "leave every out in one of them",
    )
