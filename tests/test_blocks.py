"""Specs with blocks, up to the nets that they make and what those compute."""

from __future__ import annotations

import pytest
import torch

from protonet.net import Net
from tests.language.expansions import loaded, refusal

FC = """\
fc:
  args: {out: 3, bn: false}
  layers:
    - {name: ip, type: InnerProduct, num_output: $out, weight_filler: xavier}
    - {name: norm, type: BatchNorm, if: $bn}
    - {name: ., type: ReLU}
"""
TOWERS = (
    "name: left, type: fc, bn: true, bottom: data",
    "name: right, type: fc, bn: true, bottom: data, share: left",
)


def net(*layers: str, blocks: str = FC, overrides: tuple[str, ...] = ()) -> Net:
    return Net(loaded(*layers, blocks=blocks, overrides=overrides).net)


def test_an_override_may_change_a_layer_inside_an_instance_and_no_other() -> None:
    override = "net.layers.a/ip.num_output=7"
    made = net("name: a, type: fc", "name: b, type: fc", overrides=(override,))
    shapes = {name: tuple(made.params[name]["weight"].shape) for name in ("a/ip", "b/ip")}
    assert shapes == {"a/ip": (7, 4), "b/ip": (3, 7)}


def test_an_override_of_an_argument_reaches_the_layers() -> None:
    made = net("name: a, type: fc", overrides=("net.layers.a.out=5",))
    assert made.params["a/ip"]["weight"].shape == (5, 4)


def test_an_override_of_a_layer_that_no_block_makes_is_refused() -> None:
    overrides = ("net.layers.a/ipp.num_output=5",)
    assert refusal("name: a, type: fc", blocks=FC, overrides=overrides) == (
        "error[PN030] command line:1:1 net.layers.a/ipp.num_output: "
        "nothing in net.layers is named a/ipp\n"
        "    1 | net.layers.a/ipp.num_output=5\n"
        "      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "      did you mean a/ip?                        see: protonet explain PN030\n"
        "1 error in net.yaml"
    )


@pytest.mark.parametrize(
    "parameter",
    ["ip.weight", "ip.bias", "norm.mean", "norm.variance", "norm.scale_factor"],
)
def test_both_towers_of_a_siamese_pair_have_one_set_of_parameters(parameter: str) -> None:
    layer, key = parameter.split(".")
    params = net(*TOWERS).params
    left, right = params[f"left/{layer}"][key], params[f"right/{layer}"][key]
    assert left.data_ptr() == right.data_ptr()


def test_both_towers_give_the_same_of_the_same() -> None:
    made = net(*TOWERS)
    given = made({"data": torch.randn(5, 4)}, ["left", "right"])
    assert given["left"].shape == (5, 3)
    assert torch.equal(given["left"], given["right"])


def test_a_chain_of_repetitions_computes_one_after_the_other() -> None:
    power = "double: {layers: [{name: ., type: Power, scale: 2, shift: $index}]}"
    made = net("name: r, type: double, repeat: 3", blocks=power)
    given = made({"data": torch.ones(1, 4)}, ["r_1", "r_2", "r_3", "r"])
    # 1·2 + 0 = 2, 2·2 + 1 = 5, 5·2 + 2 = 12
    values = {name: value[0, 0].item() for name, value in given.items()}
    assert values == {"r_1": 2, "r_2": 5, "r_3": 12, "r": 12}


@pytest.mark.parametrize("top", ["data", "y"])
def test_repetitions_that_give_one_blob_anew_are_chained_as_well(top: str) -> None:
    made = net(f"name: r, type: Power, scale: 2, bottom: data, top: {top}, repeat: 3")
    given = made({"data": torch.ones(1, 4)}, [top, "layer:r_2", "r"])
    # 1·2·2·2 = 8, after the second 1·2·2 = 4
    assert [value[0, 0].item() for value in given.values()] == [8, 4, 8]


@pytest.mark.parametrize("off", ["if: false", "repeat: 0"])
def test_what_is_off_lets_its_first_bottom_through(off: str) -> None:
    made = net(
        "name: p, type: Power, scale: 2",
        f"name: f, type: fc, bottom: [p, label], {off}",
        "name: q, type: Power, shift: 1, bottom: f",
    )
    given = made({"data": torch.ones(1, 4)}, ["q"])
    assert given["q"].tolist() == [[3, 3, 3, 3]]  # 1·2 + 1


def test_an_instance_of_one_phase_has_its_layers_in_that_phase_only() -> None:
    spec = loaded("name: p, type: Power", "name: f, type: fc, phase: train", blocks=FC).net
    assert [layer.phases(0, frozenset()) for layer in spec.layers[1:]] == [("train",)] * 2


def test_parameters_of_a_frozen_instance_have_no_gradient() -> None:
    params = net("name: f, type: fc, frozen: true", "name: g, type: fc").params
    wanted = {name: params[name]["weight"].requires_grad for name in ("f/ip", "g/ip")}
    assert wanted == {"f/ip": False, "g/ip": True}
