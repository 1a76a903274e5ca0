"""Caffe's seven learning-rate policies.

Caffe computes the rate in float32, part of the way in double. Its roundings are kept, because they
grow with the iteration: after 25 steps of 0.9 the exact product already differs in the seventh
digit. So `base_lr` 0.01 gives the float32 nearest to it, 0.009999999776482582.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from protonet.lr_policy.record import LrPolicyType, Schedule
from protonet.records import Count, NonNegative, Number, Record, Size

_UNBOUNDED = np.errstate(over="ignore")
"""What grows without bound becomes infinite without a warning, as in Caffe."""


class FixedParams(Record):
    """The rate stays `base_lr`."""


class StepParams(Record):
    """The rate is multiplied by `gamma` every `stepsize` iterations."""

    gamma: NonNegative
    """Factor at each step."""
    stepsize: Count
    """Iterations from one step to the next."""


class ExpParams(Record):
    """The rate is multiplied by `gamma` after every iteration."""

    gamma: NonNegative
    """Factor at each iteration."""


class InvParams(Record):
    """The rate falls as (1 + gamma * iteration) ** -power."""

    gamma: NonNegative
    """Growth of the denominator per iteration."""
    power: Number
    """Exponent of the denominator."""


class MultistepParams(Record):
    """The rate is multiplied by `gamma` as each of the `stepvalue`s is reached."""

    gamma: NonNegative
    """Factor at each step."""
    stepvalue: tuple[Size, ...]
    """Iterations at which the rate changes; at most one of them takes effect per iteration."""


class PolyParams(Record):
    """The rate falls to 0 at `max_iter`, as (1 - iteration / max_iter) ** power."""

    power: NonNegative
    """Exponent: 1 is a straight line."""


class SigmoidParams(Record):
    """The rate follows a sigmoid curve; it rises for gamma > 0 and falls for gamma < 0."""

    gamma: Number
    """Steepness, per iteration."""
    stepsize: Size
    """Iteration at which the rate is half of `base_lr`."""


def fixed(params: FixedParams, base_lr: float, max_iter: int) -> Schedule:
    """Keep `base_lr`."""
    return lambda iteration: float(np.float32(base_lr))


def step(params: StepParams, base_lr: float, max_iter: int) -> Schedule:
    """Return base_lr * gamma ** floor(iteration / stepsize)."""
    return lambda iteration: _geometric(base_lr, params.gamma, iteration // params.stepsize)


def exp(params: ExpParams, base_lr: float, max_iter: int) -> Schedule:
    """Return base_lr * gamma ** iteration."""
    return lambda iteration: _geometric(base_lr, params.gamma, iteration)


def inv(params: InvParams, base_lr: float, max_iter: int) -> Schedule:
    """Return base_lr * (1 + gamma * iteration) ** -power."""

    @_UNBOUNDED
    def rate(iteration: int) -> float:
        denominator = np.float32(1) + np.float32(params.gamma) * np.float32(iteration)
        return _scaled_power(base_lr, denominator, -params.power)

    return rate


def multistep(params: MultistepParams, base_lr: float, max_iter: int) -> Schedule:
    """Return base_lr * gamma ** k, k the number of steps taken by then.

    Of step values that are equal or out of order, the later ones take effect late.
    Source: Caffe, sgd_solver.cpp, GetLearningRate, whose counter grows by at most one per call.
    """
    steps = _effective_steps(params.stepvalue)
    return lambda iteration: _geometric(base_lr, params.gamma, bisect_right(steps, iteration))


def poly(params: PolyParams, base_lr: float, max_iter: int) -> Schedule:
    """Return base_lr * (1 - iteration / max_iter) ** power; 0 from `max_iter` on."""

    @_UNBOUNDED
    def rate(iteration: int) -> float:
        done = np.float32(min(iteration, max_iter)) / np.float32(max(max_iter, 1))
        return _scaled_power(base_lr, np.float32(1) - done, params.power)

    return rate


def sigmoid(params: SigmoidParams, base_lr: float, max_iter: int) -> Schedule:
    """Return base_lr / (1 + exp(-gamma * (iteration - stepsize)))."""

    @_UNBOUNDED
    def rate(iteration: int) -> float:
        past = np.float32(iteration) - np.float32(params.stepsize)
        growth = np.exp(np.float64(-np.float32(params.gamma) * past))
        share = np.float32(1) / (np.float32(1) + np.float32(growth))
        return float(np.float32(base_lr) * share)

    return rate


def _effective_steps(stepvalue: Sequence[int]) -> list[int]:
    """Return the iteration at which each step takes effect; they rise."""
    effective: list[int] = []
    for value in stepvalue:
        effective.append(max(value, effective[-1] + 1) if effective else value)
    return effective


@_UNBOUNDED
def _geometric(base_lr: float, gamma: float, exponent: int) -> float:
    """Return base_lr * gamma ** exponent, float32 factors multiplied in double as Caffe does."""
    factor = np.power(np.float64(np.float32(gamma)), exponent)
    return float(np.float32(np.float64(np.float32(base_lr)) * factor))


def _scaled_power(base_lr: float, base: np.float32, exponent: float) -> float:
    """Return base_lr * base ** exponent, every step rounded to float32 as Caffe's `powf` does."""
    power = np.float32(np.power(np.float64(base), np.float64(np.float32(exponent))))
    return float(np.float32(base_lr) * power)


CAFFE = (
    LrPolicyType("fixed", FixedParams, fixed),
    LrPolicyType("step", StepParams, step),
    LrPolicyType("exp", ExpParams, exp),
    LrPolicyType("inv", InvParams, inv),
    LrPolicyType("multistep", MultistepParams, multistep),
    LrPolicyType("poly", PolyParams, poly, ends=True),
    LrPolicyType("sigmoid", SigmoidParams, sigmoid),
)
"""Caffe's policies."""
