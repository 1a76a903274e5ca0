"""One layer: common keys, the type's own beside them, and the phases it exists in."""

from __future__ import annotations

from typing import Any

import pytest

from protonet.errors import SpecError
from protonet.layers import LAYERS
from protonet.records import fields_of
from protonet.spec.layer import COMMON, LayerSpec
from protonet.spec.state import State
from tests.specs import net_of

IP = "name: ip, type: InnerProduct, num_output: 10"


def layer(text: str) -> LayerSpec:
    return net_of(text).layers[0]


def test_the_keys_are_flat_and_split_by_the_type() -> None:
    spec = layer(f"{IP}, bottom: data, top: out, bias_term: false, phase: train")
    assert (spec.name, spec.bottom, spec.top, spec.phase) == ("ip", ("data",), ("out",), ("train",))
    assert (spec.params.num_output, spec.params.bias_term) == (10, False)


@pytest.mark.parametrize("kind", LAYERS.values(), ids=lambda kind: kind.name)
def test_no_type_has_a_common_key(kind: Any) -> None:
    assert not COMMON & set(fields_of(kind.params))


@pytest.mark.parametrize(
    ("keys", "phases"),
    [
        ("", ("train", "test", "deploy")),
        ("phase: test", ("test",)),
        ("phase: [train, deploy]", ("train", "deploy")),
        ("include: {phase: train}", ("train",)),
        ("include: [{phase: train}, {phase: test}]", ("train", "test")),
        ("exclude: {phase: deploy}", ("train", "test")),
        ("exclude: [{phase: deploy}, {phase: test}]", ("train",)),
        ("include: {phase: test, stage: val}", ()),
        ("include: {min_level: 1}", ()),
        ("exclude: {stage: val}", ("train", "test", "deploy")),
    ],
)
def test_a_layer_exists_where_its_rules_say(keys: str, phases: tuple[str, ...]) -> None:
    assert layer(f"{IP}, bottom: data, {keys}" if keys else IP).phases() == phases


def test_a_stage_brings_a_layer_in() -> None:
    spec = layer(f"{IP}, include: {{phase: test, stage: val}}")
    assert spec.exists_in(State("test", stages=frozenset({"val", "more"})))
    assert not spec.exists_in(State("test", stages=frozenset({"more"})))
    assert spec.phases(stages=frozenset({"val"})) == ("test",)


def test_one_number_or_flag_may_stand_for_a_list() -> None:
    spec = layer(f"{IP}, loss_weight: 1, propagate_down: false")
    assert (spec.loss_weight, spec.propagate_down) == ((1.0,), (False,))


def test_a_parameter_learns_as_the_layer_says_and_else_as_caffe() -> None:
    spec = layer(f"{IP}, param: {{weight: {{lr_mult: 0}}}}")
    weight, bias = spec.param_spec("weight"), spec.param_spec("bias")
    assert (weight.lr_mult, weight.decay_mult) == (0, 1)
    assert (bias.lr_mult, bias.decay_mult, bias.name) == (1, 1, None)


@pytest.mark.parametrize("name", ["class", "forward", "training", "conv1/7x7", "größe", "a b", "1"])
def test_any_name_without_a_dot_is_a_layers_name(name: str) -> None:
    assert layer(f"name: '{name}', type: ReLU").name == name


@pytest.mark.parametrize("key", ["params", "default_param"])
def test_what_the_model_keeps_for_itself_is_no_key_of_the_language(key: str) -> None:
    with pytest.raises(SpecError) as caught:
        layer(f"{IP}, {key}: {{}}")
    (problem,) = caught.value.problems
    assert (problem.code, problem.path, problem.why) == (
        "PN012",
        f"net.layers.ip.{key}",
        "unknown key",
    )
