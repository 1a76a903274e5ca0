"""Defaults by type: a layer's own keys win, and mistakes in them are shown where they stand."""

from __future__ import annotations

from typing import Any

import pytest

from protonet.errors import SpecError
from protonet.spec.defaults import deep_merge
from tests.specs import NAME, net_of, spec_of

IP = "name: ip, type: InnerProduct, num_output: 10"
OTHER = "name: other, type: InnerProduct, num_output: 10"


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        (
            {"a": {"x": 1, "y": {"z": 2}}},
            {"a": {"y": {"w": 3}}},
            {"a": {"x": 1, "y": {"z": 2, "w": 3}}},
        ),
        ({"a": {"x": 1}}, {"a": None}, {"a": None}),
        ({"a": "xavier"}, {"a": {"type": "constant"}}, {"a": {"type": "constant"}}),
        (
            {"a": {"type": "gaussian", "std": 1}},
            {"a": {"std": 2}},
            {"a": {"type": "gaussian", "std": 2}},
        ),
        (
            {"a": {"type": "gaussian", "std": 1}},
            {"a": {"type": "constant"}},
            {"a": {"type": "constant"}},
        ),
    ],
)
def test_maps_merge_and_everything_else_is_replaced(
    base: dict[str, Any], over: dict[str, Any], merged: dict[str, Any]
) -> None:
    before = repr((base, over))
    assert deep_merge(base, over) == merged
    assert repr((base, over)) == before


def test_a_layer_starts_from_the_defaults_of_its_type() -> None:
    net = net_of(
        IP,
        f"{OTHER}, weight_filler: {{std: 0.1}}, bias_term: true",
        "name: conv, type: Convolution, num_output: 2, kernel_size: 3, bottom: data",
        defaults="{InnerProduct: {bias_term: false, weight_filler: {type: gaussian, std: 0.5}}}",
    )
    ip, other, conv = (layer.params for layer in net.layers)
    assert (ip.bias_term, ip.weight_filler.params.std) == (False, 0.5)
    assert (other.bias_term, other.weight_filler.type, other.weight_filler.params.std) == (
        True,
        "gaussian",
        0.1,
    )
    assert (conv.bias_term, conv.weight_filler.type) == (True, "constant")


def test_common_keys_have_defaults_too() -> None:
    net = net_of(IP, f"{OTHER}, frozen: false", defaults="{InnerProduct: {frozen: true}}")
    assert [layer.frozen for layer in net.layers] == [True, False]


def test_how_parameters_learn_merges_key_by_key() -> None:
    net = net_of(
        f"{IP}, param: {{bias: {{decay_mult: 0}}}}",
        defaults="{InnerProduct: {param: {bias: {lr_mult: 2}, weight: {decay_mult: 3}}}}",
    )
    bias, weight = (net.layers[0].param_spec(name) for name in ("bias", "weight"))
    assert (bias.lr_mult, bias.decay_mult) == (2, 0)
    assert (weight.lr_mult, weight.decay_mult) == (1, 3)


def test_a_default_for_a_parameter_that_a_layer_does_not_have_is_passed_over() -> None:
    net = net_of(
        f"{IP}, bias_term: false", defaults="{InnerProduct: {param: {bias: {lr_mult: 2}}}}"
    )
    assert net.layers[0].param == {}


def test_null_takes_a_default_away() -> None:
    net = net_of(
        "name: c, type: Convolution, num_output: 1, kernel_size: null, kernel_h: 3, kernel_w: 1",
        defaults="{Convolution: {kernel_size: 5}}",
    )
    assert net.layers[0].params.kernels(2) == (3, 1)


def problems(defaults: str, *lines: str) -> list[tuple[str, str, str, str]]:
    with pytest.raises(SpecError) as caught:
        net_of(*(lines or (IP,)), defaults=defaults)
    return [
        (problem.code, problem.path, problem.why, str(problem.mark).removeprefix(f"{NAME}:"))
        for problem in caught.value.problems
    ]


@pytest.mark.parametrize("lines", [(), (IP, OTHER), ("name: r, type: ReLU",)])
def test_a_mistake_in_the_defaults_is_told_once_however_many_layers_use_them(
    lines: tuple[str, ...],
) -> None:
    assert problems("{InnerProduct: {bias_trem: false, param: {bias: {lr_mult: -1}}}}", *lines) == [
        ("PN012", "net.defaults.InnerProduct.bias_trem", "unknown key", "3:29"),
        ("PN013", "net.defaults.InnerProduct.param.bias.lr_mult", "must be at least 0", "3:71"),
    ]


def test_a_key_of_another_value_than_its_layer_is_located_where_it_was_written() -> None:
    found = problems(
        "{InnerProduct: {weight_filler: {type: gaussian, std: 0.1, sdt: 2}}}",
        f"{IP}, weight_filler: {{mean: x}}",
    )
    assert [(code, path) for code, path, _, _ in found] == [
        ("PN012", "net.defaults.InnerProduct.weight_filler.sdt"),
        ("PN010", "net.layers.ip.weight_filler.mean"),
    ]


def test_an_unknown_type_does_not_hide_the_other_defaults() -> None:
    defaults = "{Convolutoin: {kernel_size: 3}, InnerProduct: {num_output: 10}}"
    assert problems(defaults, "name: ip, type: InnerProduct") == [
        ("PN020", "net.defaults.Convolutoin", "unknown layer type", "3:14")
    ]


def test_defaults_that_are_no_map_of_maps_are_told() -> None:
    assert problems("{InnerProduct: 5}") == [
        ("PN010", "net.defaults.InnerProduct", "a map is needed", "3:14")
    ]
    with pytest.raises(SpecError) as caught:
        spec_of("net: {defaults: [], layers: []}")
    assert [(one.code, one.path) for one in caught.value.problems] == [("PN010", "net.defaults")]


@pytest.mark.parametrize(
    ("default", "layer", "left"),
    [
        (
            "Pooling: {pool: AVE, kernel_size: 3, stride: 2, pad: 1}",
            "type: Pooling, global_pooling: true",
            {"pool": "AVE", "kernel_size": None, "stride": None, "pad": None},
        ),
        (
            "Pooling: {kernel_size: 3, stride: 2}",
            "type: Pooling, kernel_h: 5, kernel_w: 1",
            {"kernel_size": None, "kernel_h": 5, "kernel_w": 1, "stride": (2,)},
        ),
        (
            "Convolution: {num_output: 4, kernel_h: 3, kernel_w: 1, pad_h: 1}",
            "type: Convolution, kernel_size: 5",
            {"num_output": 4, "kernel_size": (5,), "kernel_h": None, "kernel_w": None, "pad_h": 1},
        ),
        (
            "Eltwise: {coeff: [1, -1]}",
            "type: Eltwise, bottom: [data, data], operation: MAX",
            {"operation": "MAX", "coeff": ()},
        ),
        ("Slice: {slice_dim: 2}", "type: Slice, axis: 1", {"axis": 1}),
    ],
)
def test_a_default_gives_way_to_the_own_keys_that_it_contradicts(
    default: str, layer: str, left: dict[str, Any]
) -> None:
    (made,) = net_of(f"name: x, {layer}", defaults=f"{{{default}}}").layers
    assert {key: getattr(made.params, key) for key in left} == left


def test_other_layers_keep_the_default_and_other_mistakes_are_told() -> None:
    lines = (
        "name: one, type: Pooling",
        "name: all, type: Pooling, global_pooling: true",
    )
    one, whole = net_of(*lines, defaults="{Pooling: {kernel_size: 3}}").layers
    assert (one.params.kernel_size, whole.params.kernel_size) == ((3,), None)
    with pytest.raises(SpecError) as caught:
        net_of(*lines, "name: c, type: Pooling, pol: AVE", defaults="{Pooling: {kernel_size: 3}}")
    assert [(one.code, one.path) for one in caught.value.problems] == [
        ("PN012", "net.layers.c.pol")
    ]


def test_a_common_key_gives_way_too() -> None:
    line = "name: ip, type: InnerProduct, num_output: 2, include: {phase: test}"
    (layer,) = net_of(line, defaults="{InnerProduct: {phase: train}}").layers
    assert (layer.phase, layer.phases()) == (None, ("test",))


def test_a_layer_that_contradicts_itself_is_refused_whatever_the_defaults() -> None:
    with pytest.raises(SpecError) as caught:
        net_of(
            "name: x, type: Pooling, global_pooling: true, kernel_size: 2",
            defaults="{Pooling: {stride: 3}}",
        )
    assert [(one.code, one.path) for one in caught.value.problems] == [
        ("PN015", "net.layers.x.kernel_size")
    ]


def test_defaults_that_contradict_each_other_are_refused_where_they_stand() -> None:
    with pytest.raises(SpecError) as caught:
        net_of(
            "name: x, type: Pooling",
            defaults="{Pooling: {global_pooling: true, kernel_size: 3}}",
        )
    assert [(one.code, one.path) for one in caught.value.problems] == [
        ("PN015", "net.defaults.Pooling.kernel_size")
    ]
