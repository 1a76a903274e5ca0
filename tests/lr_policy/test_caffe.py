"""Expected rates: the formulas of Caffe's sgd_solver.cpp by hand, and its own recorded values.

The recorded lists are from reference/golden (Caffe 9b8915401, float32), written with eight digits.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from protonet.lr_policy import LR_POLICIES
from protonet.lr_policy.caffe import CAFFE


def rates(name: str, count: int, *, base_lr: float = 0.1, **params: Any) -> list[float]:
    policy = LR_POLICIES[name]
    schedule = policy.build(policy.params(**params), base_lr, count)
    return [schedule(iteration) for iteration in range(count)]


def test_the_table_holds_caffes_seven() -> None:
    names = ["fixed", "step", "exp", "inv", "multistep", "poly", "sigmoid"]
    assert [kind.name for kind in CAFFE] == names
    assert all(LR_POLICIES[kind.name] is kind for kind in CAFFE)


def test_fixed_stays() -> None:
    assert rates("fixed", 3) == pytest.approx([0.1, 0.1, 0.1], rel=1e-7)


def test_step_multiplies_every_stepsize_iterations() -> None:
    expected = [0.1] * 5 + [0.05] * 5 + [0.025] * 5 + [0.0125] * 5 + [0.00625] * 5

    assert rates("step", 25, stepsize=5, gamma=0.5) == pytest.approx(expected, rel=1e-7)


def test_exp_equals_caffes_recorded_rates() -> None:
    recorded = """0.1 0.089999996 0.081 0.072899997 0.065609992 0.059048992 0.053144094 0.04782968
        0.043046713 0.038742039 0.034867834 0.031381052 0.028242946 0.02541865 0.022876784
        0.020589106 0.018530194 0.016677175 0.015009456 0.013508511 0.012157659 0.010941893
        0.0098477034 0.0088629331 0.0079766391"""

    assert rates("exp", 25, gamma=0.9) == pytest.approx(numbers(recorded), rel=1e-7)


def test_inv_equals_caffes_recorded_rates() -> None:
    recorded = "0.0099999998 0.0099992501 0.0099984994 0.0099977497"  # lenet_run, base_lr 0.01

    schedule = rates("inv", 4, base_lr=0.01, gamma=0.0001, power=0.75)

    assert schedule == pytest.approx(numbers(recorded), rel=1e-7)


def test_inv_follows_its_formula_far_out() -> None:
    by_hand = 0.01 * (1 + 0.0001 * 9999) ** -0.75  # 1.9999 ** -0.75 / 100

    schedule = rates("inv", 10_000, base_lr=0.01, gamma=0.0001, power=0.75)

    assert schedule[9999] == pytest.approx(by_hand, rel=2e-7)


def test_multistep_multiplies_at_each_step_value() -> None:
    expected = [0.1] * 4 + [0.01] * 5 + [0.001] * 6 + [0.0001] * 10

    assert rates("multistep", 25, gamma=0.1, stepvalue=[4, 9, 15]) == pytest.approx(
        expected, rel=2e-7
    )


def test_multistep_takes_one_step_per_iteration_when_values_are_close() -> None:
    """Recorded: of the values 0, 1, 1, 8 the second 1 takes effect at iteration 2."""
    expected = [0.05, 0.025] + [0.0125] * 6 + [0.00625] * 17

    assert rates("multistep", 25, gamma=0.5, stepvalue=[0, 1, 1, 8]) == pytest.approx(
        expected, rel=1e-7
    )


def test_multistep_without_values_stays() -> None:
    assert rates("multistep", 2, base_lr=0.5, gamma=0.5, stepvalue=[]) == [0.5, 0.5]


def test_poly_equals_caffes_recorded_rates() -> None:
    recorded = """0.1 0.092160001 0.084640004 0.077440001 0.070560008 0.064000003 0.057760000
        0.051840004 0.046240002 0.040959999 0.036000002 0.03136 0.027039999 0.023040002 0.01936
        0.015999999 0.012960001 0.01024 0.0078399992 0.0057600006 0.0039999997 0.0025600009
        0.0014400001 0.00063999975 0.00016000017"""

    assert rates("poly", 25, power=2) == pytest.approx(numbers(recorded), rel=1e-7)


def test_poly_of_a_root_equals_caffes_recorded_rates() -> None:
    recorded = """0.1 0.09797959 0.095916629 0.093808316 0.091651522 0.089442722 0.087177984
        0.084852815 0.082462117 0.080000006 0.077459671 0.074833147 0.072111025 0.069282033
        0.066332497 0.063245557 0.060000002 0.056568541 0.052915026 0.048989799 0.044721361
        0.040000003 0.034641016 0.028284270 0.020000005"""

    assert rates("poly", 25, power=0.5) == pytest.approx(numbers(recorded), rel=1e-7)


def test_poly_is_zero_from_max_iter_on() -> None:
    params: Any = LR_POLICIES["poly"].params
    schedule = LR_POLICIES["poly"].build(params(power=0.5), 0.1, 10)

    assert (schedule(10), schedule(11)) == (0.0, 0.0)


def test_sigmoid_is_half_at_stepsize_and_rises() -> None:
    by_hand = [0.1 / (1 + math.exp(-0.5 * (iteration - 2))) for iteration in range(5)]

    schedule = rates("sigmoid", 5, gamma=0.5, stepsize=2)

    assert schedule == pytest.approx(by_hand, rel=2e-7)
    assert schedule[2] == pytest.approx(0.05, rel=1e-7)


def test_extremes_end_at_zero_or_infinity_without_an_error() -> None:
    assert rates("sigmoid", 1, gamma=10, stepsize=1_000_000) == [0.0]
    assert rates("exp", 10_000, gamma=1.5)[-1] == math.inf
    assert rates("step", 3, base_lr=0.5, gamma=0, stepsize=1) == [0.5, 0.0, 0.0]


def test_rates_carry_caffes_float32_bits() -> None:
    assert rates("poly", 25, power=2)[2] == 0.0846400037407875  # as Caffe printed it
    assert rates("fixed", 1, base_lr=0.01) == [0.009999999776482582]


def test_growth_without_bound_warns_of_nothing() -> None:
    """Warnings are errors here; float32 ends at 3.4e38."""
    assert rates("inv", 5, gamma=1e38, power=-1)[4] == math.inf
    assert rates("sigmoid", 5, base_lr=0.5, gamma=1e38, stepsize=0) == [0.25, 0.5, 0.5, 0.5, 0.5]
    assert rates("sigmoid", 5, base_lr=0.5, gamma=-1e38, stepsize=0) == [0.25, 0, 0, 0, 0]
    assert rates("multistep", 2, base_lr=0.5, gamma=1e39, stepvalue=[1]) == [0.5, math.inf]


def test_sigmoid_falls_for_a_gamma_below_0() -> None:
    by_hand = [0.1 / (1 + math.exp(0.5 * (iteration - 2))) for iteration in range(5)]

    assert rates("sigmoid", 5, gamma=-0.5, stepsize=2) == pytest.approx(by_hand, rel=2e-7)


def test_a_rate_depends_on_its_iteration_only() -> None:
    """Asked for backwards, as after a resume, the rates are the same."""
    params: Any = LR_POLICIES["multistep"].params
    schedule = LR_POLICIES["multistep"].build(params(gamma=0.5, stepvalue=[2, 2, 7]), 0.5, 10)

    backwards = [schedule(iteration) for iteration in reversed(range(10))]

    assert backwards == [0.0625] * 3 + [0.125] * 4 + [0.25] + [0.5] * 2


@pytest.mark.parametrize("name", LR_POLICIES)
def test_every_key_is_documented(name: str) -> None:
    for field in LR_POLICIES[name].params.model_fields.values():
        assert field.description


@pytest.mark.parametrize(
    ("name", "params", "place", "why"),
    [
        ("step", {"gamma": 0.1, "stepsize": 0}, "stepsize", "Input should be greater than 0"),
        ("step", {"gamma": 0.1, "stepsize": 2.5}, "stepsize", "Input should be a valid integer"),
        ("step", {"gamma": 0.1}, "stepsize", "Field required"),
        ("exp", {"gamma": -0.1}, "gamma", "Input should be greater than or equal to 0"),
        ("inv", {"gamma": "1", "power": 1}, "gamma", "a number is needed"),
        ("poly", {"power": -1}, "power", "Input should be greater than or equal to 0"),
        ("fixed", {"gamma": 0.1}, "gamma", "unknown key"),
        ("sigmoid", {"gamma": math.inf, "stepsize": 1}, "gamma", "Input should be a finite number"),
        (
            "multistep",
            {"gamma": 0.1, "stepvalue": [3, -1]},
            "stepvalue.1",
            "Input should be greater than or equal to 0",
        ),
    ],
)
def test_refuses_what_no_schedule_can_be_made_of(
    name: str, params: dict[str, Any], place: str, why: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        LR_POLICIES[name].params(**params)

    assert [(".".join(map(str, e["loc"])), e["msg"]) for e in caught.value.errors()] == [
        (place, why)
    ]


def numbers(text: str) -> list[float]:
    return [float(word) for word in text.split()]
