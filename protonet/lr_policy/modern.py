"""Learning-rate policies that Caffe does not have; each ends with `max_iter`."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from protonet.lr_policy.record import LrPolicyType, Schedule
from protonet.records import NonNegative, Positive, Record

Part = Annotated[Positive, Field(lt=1)]
"""A part of the whole training, between 0 and 1."""


class CosineParams(Record):
    """The rate falls to `min_lr` along half a cosine."""

    min_lr: NonNegative = 0.0
    """The rate at the end."""


class LinearParams(Record):
    """The rate changes along a straight line."""

    start_factor: NonNegative = 1.0
    """Factor on `base_lr` at the first iteration."""
    end_factor: NonNegative = 0.0
    """Factor on `base_lr` at the end."""


class OneCycleParams(Record):
    """The rate rises to `base_lr` and falls again, far below where it began."""

    warmup_share: Part = 0.3
    """The part of the training in which it rises."""
    start_divisor: Positive = 25.0
    """The first rate is `base_lr` divided by this."""
    end_divisor: Positive = 250_000.0
    """The last rate is `base_lr` divided by this."""
    anneal: Literal["cosine", "linear"] = "cosine"
    """The form of its way up and down."""


def cosine(params: CosineParams, base_lr: float, max_iter: int) -> Schedule:
    """Return min_lr + (base_lr - min_lr) * (1 + cos(pi * iteration / max_iter)) / 2.

    Source: Loshchilov and Hutter, SGDR, 2017, equation 5, without restarts.
    """
    return lambda iteration: _cosine(base_lr, params.min_lr, _share(iteration, max_iter))


def linear(params: LinearParams, base_lr: float, max_iter: int) -> Schedule:
    """Return base_lr * factor, the factor going from the first to the last in equal steps."""
    start, end = base_lr * params.start_factor, base_lr * params.end_factor
    return lambda iteration: _linear(start, end, _share(iteration, max_iter))


def one_cycle(params: OneCycleParams, base_lr: float, max_iter: int) -> Schedule:
    """Return a rise to base_lr at iteration warmup_share * max_iter - 1, and a fall that ends in
    the last iteration.

    Source: Smith and Topin, Super-Convergence, 2018, in the form of torch's OneCycleLR.
    """
    between = _cosine if params.anneal == "cosine" else _linear
    start, end = base_lr / params.start_divisor, base_lr / params.end_divisor
    top = max(params.warmup_share * max_iter - 1, 0.0)
    fall = max(max_iter - 1 - top, 1.0)

    def rate(iteration: int) -> float:
        if iteration <= top:
            return between(start, base_lr, iteration / top if top else 1.0)
        return between(base_lr, end, min((iteration - top) / fall, 1.0))

    return rate


def _share(iteration: int, max_iter: int) -> float:
    return min(iteration / max(max_iter, 1), 1.0)


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1.0 + math.cos(math.pi * share)) / 2.0


def _linear(start: float, end: float, share: float) -> float:
    return start + (end - start) * share


MODERN = (
    LrPolicyType("cosine", CosineParams, cosine, ends=True),
    LrPolicyType("linear", LinearParams, linear, ends=True),
    LrPolicyType("one_cycle", OneCycleParams, one_cycle, ends=True),
)
"""What protonet adds."""
