"""From epochs to iterations, over the whole solver section."""

from __future__ import annotations

from fractions import Fraction

import pytest

from protonet.errors import PathErrors
from protonet.lr_policy.caffe import MultistepParams, StepParams
from protonet.run.durations import timed
from protonet.spec.board import BoardSpec
from protonet.spec.duration import Duration
from tests.spec.test_solver import solver_of


def test_every_length_becomes_iterations_and_is_told() -> None:
    solver = solver_of(
        "base_lr: 1, max_iter: 90 epochs, display: 5, test_interval: 1 epoch, snapshot: 0.5 epochs,"
        " lr_policy: {type: multistep, gamma: 0.1, stepvalue: [30 epochs, 500]}, momentum: 0.5"
    )
    after, told = timed(solver, records=60_000, samples=64)
    # 90 * 60000 / 64 = 84375; 937.5, 468.75 and 30 * 937.5 = 28125
    assert (after.max_iter, after.display, after.test_interval, after.snapshot) == (
        *(84_375, 5, 938, 469),
    )
    assert after.lr_policy.params == MultistepParams(gamma=0.1, stepvalue=(28_125, 500))
    assert told == [
        "max_iter: 90 epochs = 84,375 iterations",
        "test_interval: 1 epoch = 938 iterations",
        "snapshot: 0.5 epochs = 469 iterations",
        "lr_policy.stepvalue: 30 epochs = 28,125 iterations",
    ]
    assert after.optimizer == solver.optimizer
    assert after.model_fields_set == solver.model_fields_set


def test_one_length_alone_is_told_of_one_iteration() -> None:
    solver = solver_of(
        "base_lr: 1, max_iter: 1, lr_policy: {type: step, gamma: 1, stepsize: 1 epoch}"
    )
    after, told = timed(solver, records=3, samples=4)
    assert after.lr_policy.params == StepParams(gamma=1, stepsize=1)
    assert told == ["lr_policy.stepsize: 1 epoch = 1 iteration"]


def test_what_is_in_iterations_stays_and_nothing_is_told() -> None:
    solver = solver_of("base_lr: 1, max_iter: 7")
    after, told = timed(solver, records=60, samples=8)
    assert (dict(after), told) == ({**dict(solver), "max_seconds": None}, [])


def test_more_than_can_be_counted_is_refused_at_its_place() -> None:
    solver = solver_of(
        "base_lr: 1, max_iter: 9999999 epochs, "
        "lr_policy: {type: multistep, gamma: 1, stepvalue: [1, 8000000 epochs]}"
    )
    with pytest.raises(PathErrors) as caught:
        timed(solver, records=1000, samples=1)
    assert [(one.code, one.path, one.why) for one in caught.value.errors] == [
        (
            "PN013",
            ("solver", "max_iter"),
            "9999999 epochs are 9,999,999,000 iterations; at most 2,147,483,647 are counted",
        ),
        (
            "PN013",
            ("solver", "lr_policy", "stepvalue", 1),
            "8000000 epochs are 8,000,000,000 iterations; at most 2,147,483,647 are counted",
        ),
    ]


def test_the_intervals_of_the_board_become_iterations() -> None:
    written = "tensorboard: {norms: 10, histograms: 1 epoch, images: 2 minutes}"
    after, told = timed(solver_of(f"base_lr: 1, max_iter: 1, {written}"), records=50, samples=4)
    assert after.tensorboard == BoardSpec(
        norms=10, histograms=13, images=Duration(Fraction(120), "seconds")
    )
    assert told == ["tensorboard.histograms: 1 epoch = 13 iterations"]
    without, _ = timed(solver_of("base_lr: 1, max_iter: 1, tensorboard: false"), 50, 4)
    assert without.tensorboard is None
