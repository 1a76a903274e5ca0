"""The solver section: Caffe's flat keys, the update rule's own beside them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from protonet.errors import SpecError
from protonet.spec.solver import SolverSpec
from tests.specs import spec_of


def solver_of(text: str) -> SolverSpec:
    solver = spec_of(f"net: {{layers: []}}\nsolver: {{{text}}}").solver
    assert solver is not None
    return solver


def test_only_the_rate_and_the_length_must_be_given() -> None:
    solver = solver_of("base_lr: 0.01, max_iter: 10")
    assert (solver.type, solver.base_lr, solver.max_iter) == ("SGD", 0.01, 10)
    assert (solver.lr_policy.type, solver.iter_size, solver.clip_gradients) == ("fixed", 1, None)
    assert (solver.device, solver.random_seed, solver.test_iter) == ("auto", 0, None)


def test_the_update_rules_own_keys_stand_beside_the_solvers() -> None:
    solver = solver_of(
        "base_lr: 1, max_iter: 1, momentum: 0.9, weight_decay: 0.5, regularization_type: L1"
    )
    rule = solver.optimizer.params
    assert (rule.momentum, rule.weight_decay, rule.regularization_type) == (0.9, 0.5, "L1")


@pytest.mark.parametrize(
    ("written", "type_"), [("fixed", "fixed"), ("{type: inv, gamma: 0.1, power: 2}", "inv")]
)
def test_a_policy_is_a_name_or_a_map(written: str, type_: str) -> None:
    policy = solver_of(f"base_lr: 1, max_iter: 1, lr_policy: {written}").lr_policy
    assert policy.type == type_


def test_weights_are_a_list_or_caffes_comma_list() -> None:
    assert solver_of("base_lr: 1, max_iter: 1, weights: 'a.npz,b.npz'").weights == (
        "a.npz",
        "b.npz",
    )
    assert solver_of("base_lr: 1, max_iter: 1, weights: [a.npz]").weights == ("a.npz",)
    # as Caffe's solver.cpp, LoadNetWeights, trims them
    spaced = solver_of("base_lr: 1, max_iter: 1, weights: 'a.npz, b.npz'")
    assert spaced.weights == ("a.npz", "b.npz")


def test_the_update_rule_may_be_a_map_of_its_own() -> None:
    solver = solver_of("base_lr: 1, max_iter: 1, optimizer: {type: SGD, momentum: 0.9}")
    flat = solver_of("base_lr: 1, max_iter: 1, momentum: 0.9")
    assert (solver.type, solver.optimizer.params) == ("SGD", flat.optimizer.params)
    assert (solver.optimizer.flat, flat.optimizer.flat) == (False, True)
    assert solver_of("base_lr: 1, max_iter: 1, optimizer: SGD").type == "SGD"


def test_lengths_of_training_may_be_given_in_epochs() -> None:
    solver = solver_of(
        "base_lr: 1, max_iter: 90 epochs, display: 20 iterations, test_interval: 1 epoch, "
        "snapshot: 0.5 epochs, average_loss: 20 iterations"
    )
    assert [str(one) for one in (solver.max_iter, solver.test_interval, solver.snapshot)] == [
        *("90 epochs", "1 epoch", "0.5 epochs")
    ]
    assert (solver.display, solver.average_loss) == (20, 20)


def test_float32_is_said_without_need() -> None:
    assert solver_of("base_lr: 1, max_iter: 1, precision: float32").precision == "float32"


def test_factors_are_a_list_of_patterns() -> None:
    solver = solver_of("base_lr: 1, max_iter: 1, params: [{match: 'a*', decay_mult: 0}]")
    assert [(one.match, one.lr_mult, one.decay_mult) for one in solver.params] == [("a*", 1, 0)]


@pytest.mark.parametrize("device", ["auto", "cpu", "mps", "cuda", "cuda:1"])
def test_devices_are_named_as_torch_names_them(device: str) -> None:
    assert solver_of(f"base_lr: 1, max_iter: 1, device: '{device}'").device == device


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("max_iter: 1", [("PN011", "solver.base_lr", "missing", "")]),
        ("base_lr: 0, max_iter: 1", [("PN013", "solver.base_lr", "must be above 0", "")]),
        (
            "base_lr: 1, max_iter: 90 ephocs, snapshot: -1 epoch",
            [
                ("PN014", "solver.max_iter", "unknown unit ephocs", "did you mean epochs?"),
                ("PN013", "solver.snapshot", "must be at least 0", ""),
            ],
        ),
        (
            "type: Adagrat, base_lr: 1, max_iter: 0, momentum: 0.9",
            [
                ("PN014", "solver.type", "unknown update rule", "did you mean AdaGrad?"),
                ("PN013", "solver.max_iter", "must be above 0", ""),
            ],
        ),
        (
            "base_lr: 1, max_iter: 1, momentum: -1, disply: 5",
            [
                ("PN013", "solver.momentum", "must be at least 0", ""),
                ("PN012", "solver.disply", "unknown key", "did you mean display?"),
            ],
        ),
        (
            "base_lr: 1, max_iter: 1, lr_policy: steb",
            [("PN014", "solver.lr_policy", "unknown policy", "did you mean step?")],
        ),
        (
            "base_lr: 1, max_iter: 1, lr_policy: {type: step, gama: 0.1}",
            [
                ("PN011", "solver.lr_policy.gamma", "missing", ""),
                ("PN011", "solver.lr_policy.stepsize", "missing", ""),
                ("PN012", "solver.lr_policy.gama", "unknown key", "did you mean gamma?"),
            ],
        ),
        (
            "base_lr: 1, max_iter: 1, gamma: 0.1",
            [
                (
                    "PN012",
                    "solver.gamma",
                    "unknown key",
                    "it belongs to the policy: lr_policy: {type: …, gamma: …}",
                )
            ],
        ),
        (
            "base_lr: 1, max_iter: 1, optimizer: {type: optim.AdamW, eps: -1}",
            [
                (
                    "PN013",
                    "solver.optimizer",
                    "torch refuses this: Invalid epsilon value: -1",
                    "",
                )
            ],
        ),
        (
            "base_lr: 1, max_iter: 1, optimizer: {type: SGD}, momentum: 0.9, gamma: 1",
            [
                (
                    "PN012",
                    "solver.momentum",
                    "unknown key",
                    "it belongs to the update rule: optimizer: {type: …, momentum: …}",
                ),
                (
                    "PN012",
                    "solver.gamma",
                    "unknown key",
                    "it belongs to the policy: lr_policy: {type: …, gamma: …}",
                ),
            ],
        ),
        (
            "base_lr: 1, max_iter: 1, type: SGD, optimizer: {type: SGD}",
            [("PN015", "solver.type", "type and optimizer both name the update rule", "keep one")],
        ),
        (
            "base_lr: 1, max_iter: 1, params: [{match: a, lr_mult: -1}, {lr_mult: 2}]",
            [
                ("PN013", "solver.params.0.lr_mult", "must be at least 0", ""),
                ("PN011", "solver.params.1.match", "missing", ""),
            ],
        ),
        (
            "base_lr: 1, max_iter: 1, precision: half, compile: fast, ema: 1",
            [
                (
                    "PN014",
                    "solver.precision",
                    "must be float32, tf32, bf16 or fp16",
                    "",
                ),
                (
                    "PN014",
                    "solver.compile",
                    "no such way to compile",
                    "true, false, default, reduce-overhead, max-autotune",
                ),
                ("PN013", "solver.ema", "must be below 1", ""),
            ],
        ),
        (
            "base_lr: 1, max_iter: 1, precision: fp16, updates: [{losses: [a], params: ['d/*'], "
            "optimizer: {type: SGD, momentun: 0.5}}]",
            [
                (
                    "PN012",
                    "solver.updates.0.optimizer.momentun",
                    "unknown key",
                    "did you mean momentum?",
                )
            ],
        ),
        (
            "base_lr: 1, max_iter: 1, device: tpu",
            [("PN014", "solver.device", "no such device", "auto, cpu, mps, cuda or cuda:0")],
        ),
    ],
)
def test_what_a_solver_cannot_do_is_told(
    written: str, expected: list[tuple[str, str, str, str]]
) -> None:
    with pytest.raises(SpecError) as caught:
        solver_of(written)
    found = [(one.code, one.path, one.why, one.hint) for one in caught.value.problems]
    assert found == expected


@pytest.mark.parametrize("value", ["auto", "off", 1, 64])
def test_a_batch_may_be_computed_in_parts(value: object) -> None:
    keys = {"base_lr": 1, "max_iter": 1}
    assert SolverSpec.model_validate({**keys, "micro_batch": value}).micro_batch == value
    assert SolverSpec.model_validate(keys).micro_batch == "auto"


@pytest.mark.parametrize("value", ["half", 0, -1, True, 1.5, None])
def test_parts_of_a_batch_have_a_number_of_samples(value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        SolverSpec.model_validate({"base_lr": 1, "max_iter": 1, "micro_batch": value})
    (told,) = caught.value.errors()
    assert told["msg"] == "no such size of a part"
