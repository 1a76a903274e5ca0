from __future__ import annotations

import pytest

from protonet.caffe.writing.solver import write_solver
from protonet.caffe.writing.text import text_of
from protonet.errors import PathErrors
from protonet.spec.solver import SolverSpec
from tests.specs import spec_of


def solver(text: str) -> SolverSpec:
    spec = spec_of(
        f"net: {{inputs: {{data: [3]}}, layers: [{{name: a, type: ReLU}}]}}\nsolver: {{{text}}}"
    )
    assert spec.solver is not None
    return spec.solver


def fields(text: str) -> str:
    return " ".join(text_of(write_solver(solver(text), "n.prototxt", "n")).split())


def test_a_solver_says_what_caffe_has_other_defaults_for() -> None:
    assert fields("base_lr: 0.1, max_iter: 5") == (
        'net: "n.prototxt" type: "SGD" weight_decay: 0.0 regularization_type: "L2" '
        'base_lr: 0.1 max_iter: 5 display: 100 lr_policy: "fixed" random_seed: 0 '
        'snapshot_prefix: "n"'
    )


def test_everything_that_caffe_has_is_written() -> None:
    assert fields(
        "type: Adam, momentum: 0.9, base_lr: 0.1, max_iter: 5, iter_size: 2, display: 0, "
        "average_loss: 3, test_interval: 10, test_iter: 7, test_initialization: false, "
        "snapshot: 4, snapshot_after_train: false, clip_gradients: 2, debug_info: true, "
        "lr_policy: {type: multistep, gamma: 0.1, stepvalue: [2, 4]}, device: 'cuda:1'"
    ) == (
        'net: "n.prototxt" type: "Adam" weight_decay: 0.0 regularization_type: "L2" '
        "momentum: 0.9 momentum2: 0.999 delta: 1e-08 base_lr: 0.1 max_iter: 5 iter_size: 2 "
        "display: 0 average_loss: 3 test_interval: 10 test_initialization: false snapshot: 4 "
        "snapshot_after_train: false debug_info: true clip_gradients: 2.0 test_iter: 7 "
        'lr_policy: "multistep" gamma: 0.1 stepvalue: 2 stepvalue: 4 random_seed: 0 '
        'snapshot_prefix: "n" solver_mode: GPU device_id: 1'
    )


def test_a_rule_without_momentum_has_none() -> None:
    assert "momentum" not in fields("type: AdaGrad, base_lr: 0.1, max_iter: 5")


def test_what_caffe_has_not_is_told_at_once() -> None:
    with pytest.raises(PathErrors) as caught:
        write_solver(
            solver(
                "optimizer: {type: optim.AdamW}, base_lr: 0.1, max_iter: 2 epochs, ema: 0.9, "
                "clip_value: 1, lr_policy: {type: step, gamma: 0.1, stepsize: 3 epochs}"
            ),
            "n.prototxt",
            "n",
        )
    assert [f"{one.path[1]}: {one.why} ({one.hint})" for one in caught.value.errors] == [
        "optimizer: Caffe has no update rule optim.AdamW "
        "(it has SGD, Nesterov, AdaGrad, RMSProp, AdaDelta, Adam)",
        "max_iter: Caffe counts iterations, and max_iter is 2 epochs (give a number of iterations)",
        "lr_policy: Caffe counts iterations, and stepsize is given in epochs "
        "(it has the policies exp, fixed, inv, multistep, poly, sigmoid, step)",
        "clip_value: Caffe's solver has no clip_value (clip_gradients is what it has)",
        "ema: Caffe's solver has no ema ()",
    ]


def test_a_warm_up_and_a_policy_of_todays_are_told() -> None:
    for policy, why in (
        ("{type: fixed, warmup: 10}", "Caffe has no warm-up"),
        ("cosine", "Caffe has no policy cosine"),
    ):
        with pytest.raises(PathErrors) as caught:
            write_solver(solver(f"base_lr: 1, max_iter: 5, lr_policy: {policy}"), "n", "n")
        assert [one.why for one in caught.value.errors] == [why]
