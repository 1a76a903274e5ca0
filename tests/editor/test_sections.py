from __future__ import annotations

import pytest

from protonet.editor.sections import net_keys, solver_section
from protonet.optim import OPTIMIZERS
from protonet.records import fields_of
from protonet.spec.net import NetSpec
from protonet.spec.solver import SolverSpec
from tests.json_schema import LANGUAGE, refused

SPEC = """\
data:
  train: %s
net:
  inputs: %s
  layers: [{name: x, type: ReLU}]
solver: {base_lr: 0.01, max_iter: 100, %s}
"""
GOOD = ("{source: a.lmdb, batch_size: 64}", "{data: [1, 28, 28]}", "momentum: 0.9")


def places(data: str = GOOD[0], inputs: str = GOOD[1], solver: str = GOOD[2]) -> list[str]:
    return refused(LANGUAGE(), SPEC % (data, inputs, solver))


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ("{source: a.lmdb, batch_size: 64, transform: {scale: 0.5, mean: dataset}}", []),
        ("{source: a.lmdb, batch_size: $n, transform: [{type: Scale, factor: 2}]}", []),
        ("{source: a.lmdb, batch_size: 64, transform: [{type: Crop, size: [3, 4]}]}", []),
        ("[{source: a, batch_size: 64}, {source: b, fields: {image: label}}]", []),
        ("{source: a.lmdb}", ["data.train"]),
        ("{source: a.lmdb, batch_size: 64, shufle: true}", ["data.train"]),
        ("{source: a.lmdb, batch_size: 64, shuffle: 1}", ["data.train.shuffle"]),
        ("{source: a, batch_size: 64, transform: {scael: 1}}", ["data.train.transform"]),
        (
            "{source: a, batch_size: 64, transform: [{type: Scael}]}",
            ["data.train.transform.0.type"],
        ),
        ("[{source: a, batch_size: 64}, {surce: b}]", ["data.train.1"]),
    ],
)
def test_a_set_is_one_source_or_several(data: str, wrong: list[str]) -> None:
    assert places(data=data) == wrong


@pytest.mark.parametrize(
    ("inputs", "wrong"),
    [
        ("{data: [T, N, 4], x: {shape: [], dtype: int64}, y: {shape: [$w], batch: false}}", []),
        ("{data: {shape: [3, 8, 8], chanels: RGB}}", ["net.inputs.data"]),
        ("{data: {shape: [3, 8, 8], channels: rgb}}", ["net.inputs.data.channels"]),
        ("{data: [0]}", ["net.inputs.data.0"]),
    ],
)
def test_an_input_is_a_shape_or_a_map(inputs: str, wrong: list[str]) -> None:
    assert places(inputs=inputs) == wrong


@pytest.mark.parametrize(
    ("solver", "wrong"),
    [
        ("lr_policy: fixed, weights: a.safetensors, display: 1 epoch", []),
        ("lr_policy: {type: step, gamma: 0.1, stepsize: 30 epochs}", []),
        ("lr_policy: {type: multistep, gamma: 0.1, stepvalue: [30 epochs, 500]}", []),
        ("lr_policy: {type: lr_scheduler.StepLR, step_size: 30}", []),
        ("optimizer: {type: SGD, momentum: 0.9}", []),
        ("optimizer: $rule, lr_policy: $policy", []),
        ("optimizer: {type: optim.AdamW, weight_decay: 0.1}", []),
        ("params: [{match: conv*, lr_mult: 0.1}], device: cuda:1", []),
        ("updates: [{losses: [a], params: [b], optimizer: {type: SGD}}]", []),
        ("momentun: 0.9", ["solver"]),
        ("type: SDG", ["solver.type"]),
        ("momentum: 0.9, optimizer: {type: SGD}", ["solver"]),
        ("type: SGD, optimizer: {type: SGD}", ["solver"]),
        ("optimizer: {type: SGD, momentun: 0.9}", ["solver.optimizer"]),
        ("optimizer: {type: optim.Adm}", ["solver.optimizer.type"]),
        ("lr_policy: {type: step, gama: 0.1, stepsize: 3}", ["solver.lr_policy"]),
        ("lr_policy: {gamma: 0.1}", ["solver.lr_policy"]),
        ("optimizer: {momentum: 0.1}", ["solver.optimizer"]),
        ("lr_policy: stpe", ["solver.lr_policy"]),
        ("device: gpu", ["solver.device"]),
        ("params: [{mach: conv*}]", ["solver.params.0"]),
    ],
)
def test_the_solver_has_the_keys_of_its_rule_and_policy(solver: str, wrong: list[str]) -> None:
    assert places(solver=solver) == wrong


def test_a_net_has_the_keys_of_its_model_and_those_of_the_language() -> None:
    assert set(net_keys()) == {*fields_of(NetSpec), "base", "blocks"}


def test_every_key_of_the_solver_is_described() -> None:
    own = solver_section()["properties"]
    assert set(own) == {name for name, one in fields_of(SolverSpec).items() if not one.exclude}
    assert [name for name, one in own.items() if not one.get("description")] == []
    rule = solver_section()["else"]["allOf"][0]["then"]["properties"]
    described = {name for name, one in rule.items() if one is not True and one["description"]}
    assert described == set(fields_of(OPTIMIZERS["SGD"].params))


def test_blocks_have_arguments_and_layers() -> None:
    schema = LANGUAGE()
    text = "net: {blocks: {b: %s}, layers: []}"
    good = "{args: {out: , k: 1}, bottoms: [x, y], tops: z, layers: [{name: ., type: ReLU}]}"
    assert refused(schema, text % good) == []
    assert refused(schema, text % "{args: [out], layers: [{name: a, type: $t}]}") == []
    assert refused(schema, text % "{arg: {}, layers: [{name: a, type: ReLU}]}") == ["net.blocks.b"]
    assert refused(schema, text % "{layers: []}") == ["net.blocks.b.layers"]
    wrong = "{layers: [{name: a, type: ReLU, num_output: 3}]}"
    assert refused(schema, text % wrong) == ["net.blocks.b.layers.0"]
