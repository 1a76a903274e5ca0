"""Caffe's Nesterov: SGD that looks one step of the momentum ahead."""

from __future__ import annotations

from collections.abc import Sequence

from protonet.optim.keys import DecayParams
from protonet.optim.momentum import Momentum, momentum
from protonet.optim.record import OptimizerType, Slot
from protonet.optim.rule import ListRule
from protonet.records import NonNegative


class NesterovParams(DecayParams):
    """Nesterov's accelerated gradient."""

    momentum: NonNegative = 0.0
    """Share of the last update that is repeated; from 1 on, updates only grow."""


def build_nesterov(params: NesterovParams, slots: Sequence[Slot]) -> ListRule:
    """Return the rule v = m * v_old + r * (g + d * w); w -= (1 + m) * v - m * v_old.

    Without momentum it is SGD without momentum.
    Source: Caffe, nesterov_solver.cpp.
    """
    own = Momentum(params.momentum, nesterov=params.momentum != 0)
    return ListRule(slots, params, momentum(own))


NESTEROV = OptimizerType("Nesterov", NesterovParams, build_nesterov)
