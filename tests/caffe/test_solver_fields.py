from __future__ import annotations

from typing import Any

import pytest

from protonet.caffe.context import Context
from protonet.caffe.fields import MESSAGES
from protonet.caffe.solver import NETS
from protonet.caffe.solver_fields import (
    AS_THEY_ARE,
    LEFT_OUT,
    POLICY_KEYS,
    RULE_KEYS,
    solver_section,
)
from protonet.spec.solver import SolverSpec
from tests.caffe.reading import checked, context, lines, refused

FIXED = "lr_policy: 'fixed' "


def section(text: str, within: Context | None = None) -> dict[str, Any]:
    made = solver_section(checked(text, "SolverParameter"), within or context())
    return dict(made.data)


def test_a_solver_becomes_its_flat_keys() -> None:
    within = context()
    text = """
        base_lr: 0.01 momentum: 0.9 weight_decay: 0.0005 regularization_type: "L1"
        lr_policy: "inv" gamma: 0.0001 power: 0.75
        max_iter: 10000 iter_size: 2 clip_gradients: 35 display: 100 average_loss: 10
        debug_info: true
        test_iter: 100 test_interval: 500 test_initialization: false
        snapshot: 5000 snapshot_after_train: false solver_mode: CPU random_seed: 1701
        weights: "a.npz, b.npz" weights: "c.npz" type: "SGD"
    """

    found = section(text, within)

    assert found == {
        "type": "SGD",
        "base_lr": 0.01,
        "momentum": 0.9,
        "weight_decay": 0.0005,
        "regularization_type": "L1",
        "lr_policy": {"type": "inv", "gamma": 0.0001, "power": 0.75},
        "max_iter": 10000,
        "iter_size": 2,
        "clip_gradients": 35,
        "display": 100,
        "average_loss": 10,
        "debug_info": True,
        "test_iter": 100,
        "test_interval": 500,
        "test_initialization": False,
        "snapshot": 5000,
        "snapshot_after_train": False,
        "device": "cpu",
        "channels_last": False,
        "random_seed": 1701,
        "weights": ["a.npz", "b.npz", "c.npz"],
    }
    assert not within.report.notes
    assert SolverSpec.model_validate(found).optimizer.params.momentum == 0.9


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("lr_policy: 'fixed'", {"type": "fixed"}),
        (
            "lr_policy: 'step' stepsize: 5 gamma: 0.5",
            {"type": "step", "stepsize": 5, "gamma": 0.5},
        ),
        ("lr_policy: 'exp' gamma: 0.9", {"type": "exp", "gamma": 0.9}),
        (
            "lr_policy: 'multistep' gamma: 0.1 stepvalue: 4 stepvalue: 9",
            {"type": "multistep", "gamma": 0.1, "stepvalue": [4, 9]},
        ),
        ("lr_policy: 'poly' power: 2", {"type": "poly", "power": 2}),
        (
            "lr_policy: 'sigmoid' gamma: -1 stepsize: 5",
            {"type": "sigmoid", "gamma": -1, "stepsize": 5},
        ),
        (
            "lr_policy: 'plateau' gamma: 1 power: 2",
            {"type": "plateau", "gamma": 1, "power": 2},
        ),
    ],
)
def test_a_policy_has_its_own_keys(text: str, policy: dict[str, Any]) -> None:
    assert section(text) == {"lr_policy": policy, "channels_last": False}


RULES = {
    "SGD": ("SGD", 0, {"momentum"}),
    "Nesterov": ("NESTEROV", 1, {"momentum"}),
    "AdaGrad": ("ADAGRAD", 2, {"momentum", "delta"}),
    "RMSProp": ("RMSPROP", 3, {"momentum", "rms_decay", "delta"}),
    "AdaDelta": ("ADADELTA", 4, {"momentum", "delta"}),
    "Adam": ("ADAM", 5, {"momentum", "momentum2", "delta"}),
}
"""Caffe's types, their old names and numbers (caffe.proto, SolverType), and the keys of each."""


@pytest.mark.parametrize("name", RULES)
def test_a_rule_goes_by_its_name_and_has_its_own_keys(name: str) -> None:
    old, number, own = RULES[name]
    keys = {"momentum": 0, "momentum2": 0.99, "delta": 1e-6, "rms_decay": 0.9}
    given = " ".join(f"{key}: {value}" for key, value in keys.items())
    for written in (f"type: '{name}'", f"solver_type: {old}", f"solver_type: {number}"):
        within = context()

        found = section(f"{FIXED}{written} base_lr: 1 max_iter: 1 {given}", within)

        assert found["type"] == name
        assert keys.keys() & found.keys() == own
        noted = [line.split(": ", 1)[1] for line in lines(within.report.notes)]
        left_out = [key for key in keys if key not in own]
        assert noted == [f"type {name} does not use {key}" for key in left_out]
        params = SolverSpec.model_validate(found).optimizer.params
        assert {key: getattr(params, key) for key in own} == {key: keys[key] for key in own}


def test_two_types_are_refused() -> None:
    within = context()

    section("type: 'SGD' solver_type: SGD", within)

    assert (
        refused(within.report)
        == """\
error[PN015] net.prototxt:1:13 solver_type: type and solver_type say the same thing in two ways
    1 | type: 'SGD' solver_type: SGD
      |             ^^^^^^^^^^^
      keep type                                 see: protonet explain PN015
1 error in net.prototxt"""
    )


def test_a_negative_limit_on_gradients_is_none() -> None:
    assert "clip_gradients" not in section(FIXED + "clip_gradients: -1")
    assert section(FIXED + "clip_gradients: 0")["clip_gradients"] == 0


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("", None),
        ("solver_mode: GPU", None),
        ("solver_mode: CPU device_id: 1", "cpu"),
        ("solver_mode: GPU device_id: 1", "cuda:1"),
        ("device_id: 2", "cuda:2"),
    ],
)
def test_a_mode_becomes_a_device(text: str, device: str | None) -> None:
    assert section(FIXED + text).get("device") == device


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (
            "delta: 1e-8",
            "1:20 delta: type SGD does not use delta",
        ),
        (
            "power: 2",
            "1:20 power: lr_policy fixed does not use power",
        ),
        (
            "stepvalue: 1 stepvalue: 2",
            "1:20 stepvalue: lr_policy fixed does not use stepvalue",
        ),
        (
            "test_iter: 10 test_iter: 10 test_iter: 20",
            "1:48 test_iter: every evaluation set is tested with the first test_iter, 10",
        ),
        (
            "random_seed: -1",
            "1:20 random_seed: Caffe takes another seed each time; protonet's runs are always "
            "seeded, with 0",
        ),
        (
            "solver_mode: GPU",
            "1:20 solver_mode: device auto takes a GPU where there is one, and else the CPU",
        ),
        (
            "snapshot_prefix: 'a'",
            "1:20 snapshot_prefix: protonet keeps its snapshots, in a format of its own, in the "
            "run directory",
        ),
        (
            "snapshot_format: HDF5",
            "1:20 snapshot_format: protonet keeps its snapshots, in a format of its own, in the "
            "run directory",
        ),
        (
            "snapshot_diff: true",
            "1:20 snapshot_diff: protonet's snapshots hold no gradients",
        ),
        (
            "test_compute_loss: true",
            "1:20 test_compute_loss: protonet always tests the losses too",
        ),
        (
            "layer_wise_reduce: true",
            "1:20 layer_wise_reduce: protonet lets torch choose when gradients are summed",
        ),
    ],
)
def test_what_no_key_stands_for_is_noted(text: str, note: str) -> None:
    within = context()

    section(FIXED + text, within)

    assert lines(within.report.notes) == [note]


@pytest.mark.parametrize("field", ["snapshot_diff", "test_compute_loss"])
def test_what_is_switched_off_is_not_worth_a_note(field: str) -> None:
    within = context()

    section(f"{FIXED}{field}: false", within)

    assert not within.report.notes


def test_a_missing_policy_is_noted() -> None:
    within = context()

    assert "lr_policy" not in section("base_lr: 1", within)
    assert lines(within.report.notes) == [
        "1:1 lr_policy: Caffe has no default lr_policy and stops; here it is fixed"
    ]


def test_no_field_of_a_solver_is_forgotten() -> None:
    others = {
        *("type", "solver_type", "lr_policy", "clip_gradients", "test_iter", "random_seed"),
        *("solver_mode", "device_id", "weights", "train_state", "test_state"),
        *("test_net", "test_net_param"),
    }

    known = {*AS_THEY_ARE, *RULE_KEYS, *POLICY_KEYS, *LEFT_OUT, *NETS, *others}

    assert known == MESSAGES["SolverParameter"].keys()
