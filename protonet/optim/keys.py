"""Keys that several update rules have."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import AfterValidator, Field

from protonet.records import NonNegative, Positive, Record, custom_error

Regularization = Literal["L2", "L1"]

Share = Annotated[NonNegative, Field(lt=1)]
"""The share of an average that is kept; at 1 nothing new would ever come in."""

BELOW_ONE = 1.0 - 2.0**-24
"""The largest float32 below 1."""


def as_float32(share: float) -> float:
    """Return a share as Caffe reads it: 1 - 0.999 of float32 is 1.3e-5 below 0.001."""
    return min(float(torch.tensor(share, dtype=torch.float32, device="cpu")), BELOW_ONE)


Delta = Positive
"""What keeps a divisor from 0; 0 itself would divide a weight without gradient by 0."""


def _none(momentum: float) -> float:
    if momentum:
        raise custom_error(
            "PN015", "this update rule takes no momentum", "leave it out, as Caffe demands"
        )
    return momentum


NoMomentum = Annotated[NonNegative, AfterValidator(_none)]
"""The momentum of a rule that has none: 0, as Caffe demands."""


class DecayParams(Record):
    """The keys of every update rule."""

    weight_decay: NonNegative = 0.0
    """Strength of the pull of the weights towards 0, before each parameter's `decay_mult`."""
    regularization_type: Regularization = "L2"
    """`L2` pulls in proportion to a weight, `L1` by the same amount whatever its size."""
