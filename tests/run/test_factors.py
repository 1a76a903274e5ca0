"""`solver.params` on a net: its factors, and what they stop."""

from __future__ import annotations

import pytest

from protonet.errors import PathError, PathErrors
from protonet.net import Net
from protonet.run.factors import factored, names_of
from protonet.spec.updates import FactorSpec
from tests.specs import net_of


def net() -> Net:
    return Net(
        net_of(
            "name: a, type: InnerProduct, num_output: 2, param: {weight: {name: w, lr_mult: 3}}",
            "name: b, type: InnerProduct, num_output: 2, bottom: data, param: {weight: {name: w}}",
            "name: sum, type: Eltwise, bottom: [a, b]",
            "name: loss, type: SoftmaxWithLoss, bottom: [sum, label]",
            inputs="{data: [4], label: {shape: [], dtype: int64}}",
        )
    )


def test_factors_multiply_those_that_the_layers_give() -> None:
    rules = [FactorSpec(match="a", lr_mult=0.5), FactorSpec(match="*/bias", decay_mult=0)]
    slots = {slot.name: (slot.lr_mult, slot.decay_mult) for slot in factored(net(), rules)}
    assert slots == {"a/weight": (1.5, 1.0), "a/bias": (0.5, 0.0), "b/bias": (1.0, 0.0)}


def test_a_shared_parameter_is_known_by_all_its_names() -> None:
    slots = factored(net(), [FactorSpec(match="b/weight", lr_mult=2)])
    assert {slot.name: slot.lr_mult for slot in slots}["a/weight"] == 6  # 3 * 2


def test_names_are_those_of_all_layers_that_use_a_tensor() -> None:
    shared = net()
    weight, bias = shared.params["a"]["weight"], shared.params["b"]["bias"]
    names = names_of(shared)
    assert names[id(weight)] == ["a/weight", "b/weight"]
    assert names[id(bias)] == ["b/bias"]


def test_what_a_factor_of_0_stops_is_trained_no_more() -> None:
    stopped = net()
    slots = factored(stopped, [FactorSpec(match="a", lr_mult=0)])
    assert [slot.name for slot in slots] == ["b/bias"]
    assert [slot.name for slot in stopped.learnable] == ["b/bias"]
    assert not stopped.params["a"]["weight"].requires_grad


def test_without_rules_all_stays() -> None:
    whole = net()
    assert factored(whole, []) == whole.learnable


def test_a_rule_that_fits_nothing_is_refused() -> None:
    with pytest.raises(PathErrors) as caught:
        factored(net(), [FactorSpec(match="loss"), FactorSpec(match="a/weights")])
    assert [(one.path, one.why, one.hint) for one in caught.value.errors] == [
        (
            ("solver", "params", 0, "match"),
            "no parameter of the net has such a name",
            "known: a, a/bias, a/weight, b, b/bias, b/weight",
        ),
        (
            ("solver", "params", 1, "match"),
            "no parameter of the net has such a name",
            "did you mean a/weight?",
        ),
    ]


def test_something_must_be_left_to_train() -> None:
    with pytest.raises(PathError) as caught:
        factored(net(), [FactorSpec(match="*", lr_mult=0)])
    assert (caught.value.code, caught.value.path, caught.value.why) == (
        "PN029",
        ("solver", "params"),
        "no parameter is left to train",
    )
