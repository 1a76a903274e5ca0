"""Caffe's SGD: momentum with the learning rate inside the history, and L1 or L2 weight decay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from protonet.optim.keys import DecayParams
from protonet.optim.momentum import Momentum, momentum
from protonet.optim.record import OptimizerType, Slot
from protonet.optim.rule import ListRule
from protonet.records import NonNegative


class SgdParams(DecayParams):
    """Stochastic gradient descent with momentum."""

    momentum: NonNegative = 0.0
    """Share of the last update that is repeated; from 1 on, updates only grow."""


class Sgd(ListRule):
    """v = momentum * v + r * (g + d * w); w -= v, with r = lr * lr_mult, d = decay * decay_mult.

    With a momentum of 0 nothing has a history.

    Args:
        slots: the parameters; `update` takes the gradients in this order.
        params: momentum and decay.

    Source: Caffe, sgd_solver.cpp.
    """

    def __init__(self, slots: Sequence[Slot], params: SgdParams) -> None:
        super().__init__(slots, params, momentum(Momentum(params.momentum)))

    @property
    def history(self) -> Mapping[str, Tensor]:
        """The last update of each parameter, by name; empty without momentum."""
        return self.buffers[0] if self.buffers else {}


SGD = OptimizerType("SGD", SgdParams, lambda params, slots: Sgd(slots, params))
