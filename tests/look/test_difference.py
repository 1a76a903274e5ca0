from __future__ import annotations

from textwrap import dedent

import pytest
import yaml

from protonet.look.difference import Difference, differences, facts_of
from protonet.look.expanded import escaped, expanded_data
from tests.look.nets import BLOCKS, DEPLOYED, IN_PLACE_IN_ONE_PHASE, SHARED
from tests.specs import spec_of

SPEC = """\
    data:
      train: {source: a.lmdb, batch_size: 8, transform: {scale: 0.5}}
    net:
      inputs: {data: [4], label: {shape: [], dtype: int64}}
      layers:
        - {name: ip, type: InnerProduct, num_output: 3}
        - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}
    solver: {base_lr: 0.1, max_iter: 10}
    """


def told(first: str, second: str) -> list[str]:
    """Return the differences of two specs as a person reads them."""
    facts = [facts_of(spec_of(dedent(text))) for text in (first, second)]
    return [str(one) for one in differences(*facts)]


@pytest.mark.parametrize("text", [BLOCKS, IN_PLACE_IN_ONE_PHASE, SHARED, DEPLOYED])
def test_a_net_with_blocks_is_no_other_than_the_same_without(text: str) -> None:
    flat = yaml.safe_dump(escaped(expanded_data(spec_of(text))))
    assert told(text, flat) == []
    assert told(flat, text) == []


@pytest.mark.parametrize(
    ("written", "longer"),
    [
        ("num_output: 3", "num_output: 3, bottom: data, top: ip, bias_term: true"),
        ("data: [4]", "data: {shape: [4], dtype: float32}"),
        ("num_output: 3", "num_output: 3, weight_filler: {type: constant, value: 0}"),
        ("base_lr: 0.1", "type: SGD, base_lr: 1e-1, lr_policy: fixed, momentum: 0"),
        ("bottom: [ip, label]", "bottom: [ip, label], loss_weight: 1"),
    ],
)
def test_a_default_that_is_written_is_no_difference(written: str, longer: str) -> None:
    assert told(SPEC, SPEC.replace(written, longer)) == []


@pytest.mark.parametrize(
    ("written", "other", "lines"),
    [
        ("num_output: 3", "num_output: 5", ["~ net.layers.ip.num_output: 3 → 5"]),
        ("base_lr: 0.1", "base_lr: 0.2", ["~ solver.base_lr: 0.1 → 0.2"]),
        ("a.lmdb", "b.lmdb", ['~ data.train.source: "a.lmdb" → "b.lmdb"']),
        ("scale: 0.5", "scale: 1", ["~ data.train.transform.scale: 0.5 → 1.0"]),
        ("data: [4]", "data: [5]", ["~ net.inputs.data.shape: [4] → [5]"]),
        (
            "bottom: [ip, label]",
            "bottom: [data, label]",
            ['~ net.layers.loss.bottom: ["ip", "label"] → ["data", "label"]'],
        ),
        (
            "num_output: 3",
            "num_output: 3, param: {bias: {lr_mult: 2}}",
            [
                "+ net.layers.ip.param.bias.name: null",
                "+ net.layers.ip.param.bias.lr_mult: 2.0",
                "+ net.layers.ip.param.bias.decay_mult: 1.0",
            ],
        ),
        (
            "name: ip,",
            "name: fc, top: ip,",
            ['- net.layers.ip: "InnerProduct"', '+ net.layers.fc: "InnerProduct"'],
        ),
        (
            "max_iter: 10}",
            "max_iter: 10, weights: [w.npz]}",
            ['~ solver.weights: [] → ["w.npz"]'],
        ),
    ],
)
def test_what_differs_is_told_by_its_path(written: str, other: str, lines: list[str]) -> None:
    assert told(SPEC, SPEC.replace(written, other)) == lines


def test_parameters_are_told_in_the_order_of_the_file() -> None:
    names = ["W_hc", "b_c", "W_xc"]
    param = ", ".join(f"{name}: {{lr_mult: 2}}" for name in names)
    spec = spec_of(f"""\
        net:
          inputs: {{x: [T, N, 4], cont: {{shape: [T, N], batch: false}}}}
          layers: [{{name: l, type: LSTM, num_output: 3, bottom: [x, cont], param: {{{param}}}}}]
        """)
    paths = [path for path in facts_of(spec) if path.endswith(".lr_mult")]
    assert paths == [f"net.layers.l.param.{name}.lr_mult" for name in names]


def test_sections_that_one_spec_has_are_told_key_by_key() -> None:
    without = SPEC[: SPEC.index("    solver:")]
    lines = told(without, SPEC)
    assert "+ solver.base_lr: 0.1" in lines
    assert all(line.startswith("+ solver.") for line in lines)
    assert told(SPEC, without) == [line.replace("+", "-", 1) for line in lines]


def test_what_a_net_is_deployed_with_and_built_for_are_facts() -> None:
    deploy = SPEC.replace("      layers:", "      deploy: {outputs: ip}\n      layers:")
    assert told(SPEC, deploy) == ['+ net.deploy.outputs: ["ip"]']
    state = SPEC.replace("      layers:", "      state: {level: 2, stage: [a]}\n      layers:")
    assert told(SPEC, state) == [
        "~ net.state.level: 0 → 2",
        '~ net.state.stage: [] → ["a"]',
    ]


def test_layers_of_one_name_in_two_phases_are_compared_each_with_its_own() -> None:
    both = SPEC.replace(
        "        - {name: loss",
        "        - {name: d, type: Dropout, dropout_ratio: 0.5, phase: train, top: ip}\n"
        "        - {name: d, type: Dropout, dropout_ratio: 0.25, phase: test, top: ip}\n"
        "        - {name: loss",
    )
    assert told(both, both) == []
    assert told(both, both.replace("0.25", "0.75")) == [
        "~ net.layers.d'.dropout_ratio: 0.25 → 0.75"
    ]


def test_differences_come_in_the_order_of_the_first_whole_layers_before_keys() -> None:
    first = {"net.layers.a.type": "ReLU", "net.layers.a.x": 1, "s": 1, "t": 2, "same": 0}
    second = {"u": 3, "t": 4, "s": 1, "net.layers.b/c.type": "TanH", "same": 0}
    assert differences(first, second) == [
        Difference("net.layers.a", "removed", "ReLU"),
        Difference("net.layers.b/c", "added", after="TanH"),
        Difference("t", "changed", 2, 4),
        Difference("u", "added", after=3),
    ]


def test_a_type_that_a_layer_changes_is_a_change_of_one_key() -> None:
    assert told(SPEC, SPEC.replace("SoftmaxWithLoss", "HingeLoss"))[0] == (
        '~ net.layers.loss.type: "SoftmaxWithLoss" → "HingeLoss"'
    )
