"""A spec that is written out is the same net, without blocks."""

from __future__ import annotations

from pathlib import Path
from random import Random
from textwrap import dedent
from typing import Any

import pytest
import yaml

from protonet.look.expanded import escaped, expanded_data
from protonet.look.flat_names import FlatNaming
from protonet.net import Net, prove_phases
from protonet.net.form import Form
from protonet.run.loading import load
from protonet.schema import Spec
from protonet.spec.net import NetSpec
from protonet.spec.state import PHASES
from protonet.spec.wiring import Wirer
from tests.look.nets import (
    BLOCK_OF_TWO,
    BLOCKS,
    DEPLOYED,
    IN_PLACE_IN_ONE_PHASE,
    SHARED,
    random_net,
)
from tests.specs import spec_of

NETS = Path(__file__).parents[2] / "configs" / "nets"


def written_out(spec: Spec) -> Spec:
    """Return the spec that is read from the expanded data of another."""
    return spec_of(yaml.safe_dump(escaped(expanded_data(spec)), sort_keys=False))


def layers_of(text: str) -> list[dict[str, Any]]:
    layers: list[dict[str, Any]] = expanded_data(spec_of(dedent(text)))["net"]["layers"]
    return layers


def wired(form: Form) -> list[tuple[object, ...]]:
    """Return each layer of a net with the values it reads and gives."""
    return [
        (node.layer.name, node.layer.type, node.layer.params, node.bottoms, node.tops)
        for node in form.wiring.nodes
    ]


@pytest.mark.parametrize("text", [BLOCKS, IN_PLACE_IN_ONE_PHASE, SHARED])
def test_what_is_written_out_loads_again_to_the_same_net(text: str) -> None:
    spec = spec_of(text)
    again = written_out(spec)
    assert again.net.plan.frames == written_out(again).net.plan.frames  # none but the net's own
    first, second = (prove_phases(one.net) for one in (spec, again))
    for phase in ("train", "test", "deploy"):
        assert wired(first[phase]) == wired(second[phase])
        assert first[phase].outputs == second[phase].outputs
    given, found = (Net(one.net, seed=3).named_tensors() for one in (spec, again))
    assert given.keys() == found.keys()
    assert all(given[name].equal(found[name]) for name in given)
    assert expanded_data(again) == expanded_data(spec)


def wirings(net: NetSpec) -> list[list[tuple[object, ...]]]:
    """Return, for each phase, each layer's name, keys, what it reads and what it gives."""
    wirer = Wirer(net, net.types)
    return [
        [
            (node.layer.name, node.layer.params, node.layer.share, node.bottoms, node.tops)
            for node in wirer.wire(net.net_state(phase)).nodes
        ]
        for phase in PHASES
    ]


@pytest.mark.parametrize("path", sorted(NETS.glob("*.yaml")), ids=lambda path: path.stem)
def test_nets_of_any_size_load_again_to_the_same_net(path: Path) -> None:
    spec = load(path)
    assert wirings(written_out(spec).net) == wirings(spec.net)


@pytest.mark.parametrize("seed", range(100))
def test_whatever_is_wired_loads_again_to_the_same_net(seed: int) -> None:
    spec = spec_of(random_net(Random(seed)))
    again = written_out(spec)
    assert wirings(again.net) == wirings(spec.net)
    assert all(layer.bottom for layer in again.net.layers if layer.phase != ())


def kept(text: str) -> list[dict[str, Any]]:
    """Return the names that a net keeps when it is written out, which must be the same net."""
    spec = spec_of(dedent(text))
    again = written_out(spec)
    assert wirings(again.net) == wirings(spec.net)
    layers: list[dict[str, Any]] = expanded_data(spec)["net"]["layers"]
    assert expanded_data(again)["net"]["layers"] == layers
    return [layer for layer in layers if "if" in layer]


def test_a_name_that_is_another_blob_in_each_phase_is_kept() -> None:
    """In phase train the bottom of ip is body, in the others still body_2."""
    layers = """\
    - {name: body, type: two, phases: train, repeat: 2}
    - {name: drop, type: Dropout, bottom: body, top: body, phase: train}
    - {name: ip, type: InnerProduct, num_output: 3, bottom: body}
"""
    assert kept(BLOCK_OF_TWO + layers) == [{"name": "body", "if": False, "bottom": "body_2"}]


def test_so_is_the_name_of_an_instance_of_each_phase() -> None:
    text = """\
        net:
          inputs: {data: [4]}
          blocks:
            half: {layers: [{name: half, type: Power, scale: 0.5}]}
            same: {layers: [{name: one, type: ReLU}, {name: two, type: ReLU}]}
          layers:
            - {name: scaled, type: half, phase: train}
            - {name: scaled, type: same, bottom: data, phase: [test, deploy]}
            - {name: ip, type: InnerProduct, num_output: 3, bottom: scaled}
        """
    assert kept(text) == [
        {"name": "scaled", "if": False, "bottom": "scaled/half", "phase": ["train"]},
        {"name": "scaled", "if": False, "bottom": "scaled/two", "phase": ["test", "deploy"]},
    ]


def test_so_is_a_bottom_of_a_block_that_one_phase_replaces() -> None:
    """Through every repetition: what x means in the third follows from the second."""
    text = """\
        net:
          inputs: {data: [4]}
          blocks:
            noisy:
              tops: [x]
              layers:
                - {name: noise, type: Dropout, top: x, phase: train}
                - {name: side, type: InnerProduct, num_output: 4, bottom: x}
          layers:
            - {name: body, type: noisy, repeat: 2}
            - {name: ip, type: InnerProduct, num_output: 3, bottom: body}
        """
    assert kept(text) == [
        {"name": "body_1/x", "if": False, "bottom": "data"},
        {"name": "body_1", "if": False, "bottom": "body_1/x"},
        {"name": "body_2/x", "if": False, "bottom": "body_1"},
        {"name": "body_2", "if": False, "bottom": "body_2/x"},
        {"name": "body", "if": False, "bottom": "body_2"},
    ]


def test_an_input_whose_name_is_taken_is_read_as_it_came_in() -> None:
    layers = """\
    - {name: same, type: two, phases: train, if: false}
    - {name: drop, type: Dropout, bottom: data, top: data}
    - {name: ip, type: InnerProduct, num_output: 3, bottom: same}
"""
    assert kept(BLOCK_OF_TWO + layers) == []
    assert layers_of(BLOCK_OF_TWO + layers)[1]["bottom"] == "input:data"


def test_an_instance_may_take_the_name_of_the_input_that_it_reads() -> None:
    text = """\
        net:
          inputs: {data: [4]}
          blocks:
            b: {layers: [{name: ., type: Power}, {name: sum, type: Eltwise, bottom: [., x]}]}
          layers:
            - {name: data, type: b, bottom: data}
        """
    assert kept(text) == []
    assert layers_of(text)[1]["bottom"] == ["data", "input:data"]


def test_every_layer_has_its_full_name_and_its_bottoms() -> None:
    named = {layer["name"]: layer for layer in layers_of(BLOCKS)}
    assert list(named)[:5] == ["stem/conv", "stem/bn", "stem/scale", "again", "body_1/a/conv"]
    assert named["stem/conv"] == {
        "name": "stem/conv",
        "type": "Convolution",
        "bottom": "data",
        "num_output": 4,
        "kernel_size": 3,
        "pad": 1,
    }
    assert named["again"]["bottom"] == "stem/scale"
    assert named["body_2/sum"]["bottom"] == ["body_2/a/relu", "body_1/sum"]
    assert named["own"]["bottom"] == "stem/scale"
    assert named["sum"]["bottom"] == ["body_2/sum", "own"]
    assert "maybe" not in named


def test_layers_begin_with_name_type_bottom_and_top() -> None:
    text = "net: {inputs: {x: [4]}, layers: [{negative_slope: 1, top: b, type: ReLU, name: a}]}"
    assert [list(layer) for layer in layers_of(text)] == [
        ["name", "type", "bottom", "top", "negative_slope"]
    ]


def test_a_value_that_one_phase_replaces_is_named_by_its_layer() -> None:
    """In phase test the blob ip is still what the layer ip gave."""
    named = {layer["name"]: layer for layer in layers_of(IN_PLACE_IN_ONE_PHASE)}
    assert named["side"]["bottom"] == "layer:ip"
    assert named["two/q"]["bottom"] == ["two/p", "side"]
    assert named["sum"]["bottom"] == ["two/p", "two/q"]


def test_layers_of_stages_and_levels_are_wired_too() -> None:
    named = {
        layer["name"]: layer["bottom"]
        for layer in layers_of("""\
            net:
              inputs: {data: [4]}
              blocks:
                inner:
                  layers:
                    - {name: ip, type: InnerProduct, num_output: 3}
                    - {name: val, type: Softmax, bottom: x, include: {stage: val}}
                    - {name: low, type: Softmax, bottom: x, exclude: {not_stage: [val]}}
                    - {name: high, type: Softmax, bottom: x, include: {min_level: 3}}
              layers:
                - {name: i, type: inner}
            """)
    }
    assert named == {"i/ip": "data", "i/val": "data", "i/low": "data", "i/high": "data"}


def test_layers_that_read_nothing_are_left_as_they_are() -> None:
    text = """\
        net:
          layers:
            - {name: in, type: Input, top: data, shape: {dim: [1, 4]}}
            - {name: relu, type: ReLU, bottom: data}
        """
    spec = spec_of(text)
    assert FlatNaming(spec.net).reads == {1: ("data",)}
    assert "bottom" not in layers_of(text)[0]


def test_what_is_deployed_keeps_its_names() -> None:
    spec = spec_of(DEPLOYED)
    written = expanded_data(spec)["net"]
    assert written["deploy"] == {"inputs": {"first": [4]}, "outputs": "second"}
    assert [layer["name"] for layer in written["layers"] if "if" in layer] == ["first", "second"]
    forms = [prove_phases(one.net)["deploy"] for one in (spec, written_out(spec))]
    for form in forms:
        assert (list(form.outputs), form.inputs) == (["second"], ("first",))
        assert len(form.wiring.nodes) == 2


def test_variables_and_expressions_are_computed_and_sections_ordered() -> None:
    data = expanded_data(
        spec_of("""\
        vars: {width: 6}
        solver: {base_lr: $(width / 2), max_iter: 10}
        net: {layers: [{name: ip, type: InnerProduct, num_output: $width}], inputs: {x: [2]}}
        """)
    )
    assert list(data) == ["name", "net", "solver"]
    assert data["name"] == "net"  # the text is called net.yaml
    assert data["solver"]["base_lr"] == 3
    assert data["net"]["layers"][0]["num_output"] == 6


def test_a_dollar_is_written_as_the_language_writes_it() -> None:
    assert escaped({"a$": ["$x", 1, {"b": ("$$", None)}]}) == {
        "a$": ["$$x", 1, {"b": ["$$$$", None]}]
    }
    spec = spec_of("name: 5 $$ each\nnet: {inputs: {x: [1]}, layers: [{name: a, type: ReLU}]}\n")
    assert expanded_data(spec)["name"] == "5 $ each"
    assert written_out(spec).name == "5 $ each"
