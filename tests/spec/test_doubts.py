"""Legal values that nobody means."""

from __future__ import annotations

import pytest

from protonet.errors import PathError
from protonet.spec.doubts import solver_warnings
from tests.spec.test_solver import solver_of


def doubts(text: str) -> list[PathError]:
    return solver_warnings(solver_of(text))


def test_a_usual_solver_raises_no_doubt() -> None:
    assert (
        doubts(
            "base_lr: 0.01, momentum: 0.9, weight_decay: 0.0005, max_iter: 10, test_interval: 10, "
            "snapshot: 10, average_loss: 10, lr_policy: {type: multistep, gamma: 0.1, "
            "stepvalue: [3, 10]}"
        )
        == []
    )


@pytest.mark.parametrize(
    ("written", "path", "why", "got", "hint"),
    [
        (
            "momentum: 1",
            "solver.momentum",
            "from a momentum of 1 on, updates only grow",
            "1",
            "0.9 is usual",
        ),
        (
            "optimizer: {type: SGD, momentum: 1.5}",
            "solver.optimizer.momentum",
            "from a momentum of 1 on, updates only grow",
            "1.5",
            "0.9 is usual",
        ),
        (
            "weight_decay: 5",
            "solver.weight_decay",
            "a weight_decay of 1 or more drives every weight to 0",
            "5",
            "0.0005 is usual",
        ),
        (
            "lr_policy: {type: exp, gamma: 1.01}",
            "solver.lr_policy.gamma",
            "with a gamma above 1 the learning rate grows",
            "1.01",
            "0.1 is usual at a step, 0.99 from one iteration to the next",
        ),
        (
            "lr_policy: {type: step, gamma: 0.1, stepsize: 200}",
            "solver.lr_policy.stepsize",
            "training ends before, at max_iter 100: the rate never changes there",
            "200",
            "make it smaller, or max_iter larger",
        ),
        (
            "lr_policy: {type: multistep, gamma: 0.1, stepvalue: [50, 101]}",
            "solver.lr_policy.stepvalue.1",
            "training ends before, at max_iter 100: the rate never changes there",
            "101",
            "make it smaller, or max_iter larger",
        ),
        (
            "lr_policy: {type: multistep, gamma: 0.1, stepvalue: [50, 30]}",
            "solver.lr_policy.stepvalue.1",
            "the step before it is at 50, and the steps are taken in their order",
            "30",
            "let them rise",
        ),
        (
            "lr_policy: {type: multistep, gamma: 0.1, stepvalue: [2 epochs, 2 epochs]}",
            "solver.lr_policy.stepvalue.1",
            "the step before it is at 2 epochs, and the steps are taken in their order",
            "2 epochs",
            "let them rise",
        ),
        (
            "average_loss: 101",
            "solver.average_loss",
            "training ends before, at max_iter 100: there are never so many losses",
            "101",
            "make it smaller, or max_iter larger",
        ),
    ],
)
def test_what_nobody_means_is_doubted(
    written: str, path: str, why: str, got: str, hint: str
) -> None:
    found = doubts(f"base_lr: 0.01, max_iter: 100, {written}")
    assert [(one.code, ".".join(map(str, one.path))) for one in found] == [("PN044", path)]
    assert (found[0].why, found[0].got, found[0].hint) == (why, got, hint)


def test_a_rate_is_doubted_from_10_on() -> None:
    assert doubts("base_lr: 10, max_iter: 1") == []
    (found,) = doubts("base_lr: 11, max_iter: 1")
    assert (found.path, found.why, found.got, found.hint) == (
        ("solver", "base_lr"),
        "at such a learning rate training diverges",
        "11",
        "0.01 to 0.1 is usual for SGD",
    )


def test_epochs_are_compared_with_epochs() -> None:
    policy = "lr_policy: {type: step, gamma: 0.1, stepsize: 2.5 epochs}"
    (found,) = doubts(f"base_lr: 0.1, max_iter: 2 epochs, {policy}, test_interval: 900")
    assert (found.path, found.why, found.got) == (
        ("solver", "lr_policy", "stepsize"),
        "training ends before, at max_iter 2 epochs: the rate never changes there",
        "2.5 epochs",
    )


def test_policies_that_may_rise_or_never_step_are_left_alone() -> None:
    for policy in (
        "{type: inv, gamma: 2, power: 1}",
        "{type: sigmoid, gamma: 2, stepsize: 500}",
        "{type: poly, power: 3}",
        "fixed",
    ):
        assert doubts(f"base_lr: 0.1, max_iter: 100, lr_policy: {policy}") == []


def test_a_short_trial_without_a_test_or_snapshot_before_its_end_is_no_doubt() -> None:
    assert doubts("base_lr: 0.1, max_iter: 100, test_interval: 500, snapshot: 5000") == []


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("lr_policy: fixed", []),
        (
            "type: Adam, momentum2: 0.99, momentum: 0.5",
            [
                ("solver.type", "Adam"),
                ("solver.momentum", "0.5"),
                ("solver.momentum2", "0.99"),
            ],
        ),
        ("optimizer: {type: optim.AdamW}", [("solver.optimizer", "optim.AdamW")]),
    ],
)
def test_a_rule_of_the_solver_does_nothing_beside_updates(
    written: str, expected: list[tuple[str, str]]
) -> None:
    updates = "updates: [{losses: [a], params: ['b/*'], optimizer: {type: SGD}}]"
    found = doubts(f"base_lr: 0.01, max_iter: 100, {updates}, {written}")
    assert [(".".join(map(str, one.path)), one.got) for one in found] == expected
    for one in found:
        assert (one.code, one.hint) == ("PN044", "leave it out")
        assert one.why == "each of the updates has a rule of its own, and this one is not used"
