"""A spec that is written out is the same net, without blocks."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest
import yaml

from protonet.look.expanded import escaped, expanded_data, flat_names, reads_of
from protonet.net import Net, prove_phases
from protonet.net.form import Form
from protonet.schema import Spec
from tests.specs import spec_of

INPUTS = "inputs: {data: [3, 8, 8], label: {shape: [], dtype: int64}}"


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


BLOCKS = f"""\
    net:
      {INPUTS}
      defaults: {{Convolution: {{weight_filler: msra}}}}
      blocks:
        conv_bn:
          args: {{out: , k: 1, relu: true}}
          layers:
            - {{name: conv, type: Convolution, num_output: $out, kernel_size: $k, pad: $(k // 2)}}
            - {{name: bn, type: BatchNorm, top: conv}}
            - {{name: scale, type: Scale, bias_term: true, bottom: conv}}
            - {{name: relu, type: ReLU, if: $relu}}
        residual:
          layers:
            - {{name: a, type: conv_bn, bottom: x, out: 4, k: 3}}
            - {{name: sum, type: Eltwise, bottom: [a, x]}}
      layers:
        - {{name: stem, type: conv_bn, out: 4, k: 3, relu: false}}
        - {{name: again, type: ReLU, top: stem}}
        - {{name: body, type: residual, repeat: 2}}
        - {{name: maybe, type: Dropout, if: false}}
        - {{name: own, type: Convolution, bottom: stem/scale, num_output: 4, kernel_size: 1}}
        - {{name: sum, type: Eltwise, bottom: [body, own]}}
        - {{name: ip, type: InnerProduct, num_output: 10}}
        - {{name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}}
        - {{name: accuracy, type: Accuracy, bottom: [ip, label], phase: test}}
    """
IN_PLACE_IN_ONE_PHASE = f"""\
    net:
      {INPUTS}
      blocks:
        pair:
          bottoms: [x, y]
          tops: [p, q]
          layers:
            - {{name: p, type: InnerProduct, bottom: x, num_output: 4}}
            - {{name: drop, type: Dropout, top: p, phase: train}}
            - {{name: q, type: Eltwise, bottom: [p, y]}}
      layers:
        - {{name: ip, type: InnerProduct, num_output: 4}}
        - {{name: drop, type: Dropout, phase: train, top: ip}}
        - {{name: side, type: InnerProduct, num_output: 4, bottom: "layer:ip"}}
        - {{name: two, type: pair, bottom: [ip, side]}}
        - {{name: sum, type: Eltwise, bottom: [two, two/q]}}
        - {{name: loss, type: SoftmaxWithLoss, bottom: [sum, label]}}
    """
SHARED = f"""\
    net:
      {INPUTS}
      blocks:
        tower:
          layers:
            - {{name: ., type: InnerProduct, num_output: 4}}
            - {{name: scale, type: Scale}}
            - {{name: back, type: Eltwise, bottom: [scale, .]}}
      layers:
        - {{name: left, type: tower, bottom: data}}
        - {{name: right, type: tower, bottom: data, share: left}}
        - {{name: off, type: tower, repeat: 0}}
        - {{name: both, type: Concat, bottom: [left, off]}}
        - {{name: loss, type: SoftmaxWithLoss, bottom: [both, label]}}
    """


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
    assert reads_of(spec.net) == {1: ("data",)}
    assert "bottom" not in layers_of(text)[0]


DEPLOYED = f"""\
    net:
      {INPUTS}
      blocks:
        two:
          layers:
            - {{name: a, type: InnerProduct, num_output: 4}}
            - {{name: b, type: ReLU}}
      deploy: {{inputs: {{first: [4]}}, outputs: second}}
      layers:
        - {{name: first, type: two}}
        - {{name: second, type: two}}
        - {{name: loss, type: SoftmaxWithLoss, bottom: [second, label]}}
    """


def test_what_is_deployed_is_named_by_the_layers_inside() -> None:
    spec = spec_of(DEPLOYED)
    assert flat_names(spec.net)["second"] == "second/b"
    assert expanded_data(spec)["net"]["deploy"] == {
        "inputs": {"first/b": [4]},
        "outputs": ["second/b"],
    }
    forms = [prove_phases(one.net)["deploy"] for one in (spec, written_out(spec))]
    assert [list(form.outputs) for form in forms] == [["second/b"]] * 2
    assert forms[1].inputs == ("first/b",)
    assert len(forms[0].wiring.nodes) == len(forms[1].wiring.nodes) == 2


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
