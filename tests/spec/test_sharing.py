"""Parameters of one name are one tensor, which learns one way."""

from __future__ import annotations

import pytest

from protonet.errors import SpecError
from protonet.spec.sharing import Sharing
from tests.kinds import KINDS
from tests.language.expansions import loaded
from tests.specs import net_of

IP = "type: InnerProduct, num_output: 10, bottom: data"


def sharing(*lines: str, defaults: str = "{}") -> Sharing:
    return Sharing(net_of(*lines, defaults=defaults, layers=KINDS), KINDS)


def shared(keys: str = "") -> str:
    return "param: {weight: {name: w" + keys + "}}"


def test_a_parameter_without_a_name_belongs_to_its_layer() -> None:
    assert sharing(f"name: a, {IP}").owner("a", "weight") == "a/weight"


def test_a_named_parameter_belongs_to_the_first_layer_that_names_it() -> None:
    known = sharing(f"name: a, {IP}", f"name: b, {IP}, {shared()}", f"name: c, {IP}, {shared()}")
    assert [known.owner(layer, "weight") for layer in "abc"] == ["a/weight", "b/weight", "b/weight"]
    assert known.owner("c", "bias") == "c/bias"


@pytest.mark.parametrize(
    ("first", "second", "lr_mult"),
    [
        ("", "", 1),
        (", lr_mult: 2", "", 2),
        ("", ", lr_mult: 2", 2),
        (", lr_mult: 2", ", lr_mult: 2", 2),
    ],
)
def test_a_multiplier_is_that_of_the_layer_that_gives_it(
    first: str, second: str, lr_mult: float
) -> None:
    known = sharing(f"name: a, {IP}, {shared(first)}", f"name: b, {IP}, {shared(second)}")
    assert known.multiplier("a/weight", "lr_mult") == lr_mult
    assert known.multiplier("a/weight", "decay_mult") == 1


def test_multipliers_that_contradict_are_told() -> None:
    lines = [
        f"name: {name}, {IP}, {shared(f', decay_mult: {value}')}"
        for name, value in (("a", 0), ("b", 0.5))
    ]
    with pytest.raises(SpecError) as caught:
        sharing(*lines)
    assert [(one.code, one.path, one.why, one.got) for one in caught.value.problems] == [
        (
            "PN028",
            "net.layers.b.param.weight.decay_mult",
            "b/weight is shared with a/weight, whose decay_mult is 0",
            "0.5",
        )
    ]


def test_layers_of_one_name_in_two_phases_may_differ_in_how_they_learn() -> None:
    sharing(
        f"name: a, {IP}, phase: train, param: {{weight: {{lr_mult: 2}}}}",
        f"name: a, {IP}, phase: test, param: {{weight: {{lr_mult: 0}}}}",
    )


@pytest.mark.parametrize(
    ("first", "second", "learns", "held"),
    [
        ("", "", True, (False, False)),
        ("frozen: true, ", "", True, (True, False)),
        ("", "frozen: true, ", True, (False, True)),
        ("frozen: true, ", "frozen: true, ", False, (False, False)),
    ],
)
def test_a_shared_parameter_learns_where_it_is_not_frozen(
    first: str, second: str, learns: bool, held: tuple[bool, bool]
) -> None:
    net = net_of(
        f"name: a, {first}{IP}, {shared()}", f"name: b, {second}{IP}, {shared()}", layers=KINDS
    )
    known = Sharing(net, KINDS)
    assert known.learns("a/weight") is learns
    assert tuple(known.is_held(layer, "weight") for layer in net.layers) == held


def test_lr_mult_0_means_that_a_parameter_does_not_learn() -> None:
    known = sharing(f"name: a, {IP}, param: {{bias: {{lr_mult: 0}}}}")
    assert (known.learns("a/weight"), known.learns("a/bias")) == (True, False)


def test_defaults_name_and_multiply_too() -> None:
    known = sharing(
        f"name: a, {IP}",
        f"name: b, {IP}",
        defaults="{InnerProduct: {param: {bias: {lr_mult: 2, name: x}}}}",
    )
    assert (known.owner("b", "bias"), known.multiplier("a/bias", "lr_mult")) == ("a/bias", 2)


TOWER = (
    "tower: {layers: [{name: ip, type: InnerProduct, num_output: 4}, "
    "{name: bn, type: BatchNorm}, {name: scale, type: Scale, bias_term: true}]}"
)


def test_instances_that_are_twins_share_every_parameter_and_statistic() -> None:
    layers = ("name: a, type: tower", "name: b, type: tower, bottom: data, share: a")
    net = loaded(*layers, blocks=TOWER, inputs="{data: [4]}").net
    known = Sharing(net, KINDS)
    assert {
        use.name: known.owner(use.layer, use.parameter) for use in known.uses["a/ip/weight"]
    } == {
        "a/ip/weight": "a/ip/weight",
        "b/ip/weight": "a/ip/weight",
    }
    assert sorted(known.uses) == [
        *("a/bn/mean", "a/bn/scale_factor", "a/bn/variance"),
        *("a/ip/bias", "a/ip/weight", "a/scale/bias", "a/scale/weight"),
    ]


def test_three_layers_that_share_in_a_row_have_one_owner() -> None:
    known = sharing(f"name: a, {IP}", f"name: b, {IP}, share: a", f"name: c, {IP}, share: b")
    assert [known.owner(layer, "bias") for layer in "abc"] == ["a/bias"] * 3


def test_layers_of_two_types_cannot_share() -> None:
    with pytest.raises(SpecError) as caught:
        sharing(f"name: a, {IP}", "name: bn, type: BatchNorm", f"name: c, {IP}, share: bn")
    assert str(caught.value) == (
        "error[PN036] net.yaml:7:74 net.layers.c.share: bn is of type BatchNorm, "
        "c of InnerProduct\n"
        "    7 |     - {name: c, type: InnerProduct, num_output: 10, bottom: data, share: bn}\n"
        "      |                                                                          ^^\n"
        "      only layers of one type share their parameters  see: protonet explain PN036\n"
        "1 error in net.yaml"
    )
