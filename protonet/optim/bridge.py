"""From a class of torch.optim to an update rule of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import optim

from protonet.optim.lbfgs import LBFGS
from protonet.optim.record import Evaluating, Optimizer, Slot
from protonet.optim.torch_rule import TorchRule


def torch_rule(
    kind: type[optim.Optimizer], arguments: Mapping[str, Any], slots: Sequence[Slot]
) -> Optimizer | Evaluating:
    """Return an optimizer of torch at work on some parameters.

    Args:
        kind: the class.
        arguments: its own, without parameters and rate.
        slots: the parameters.

    Raises: ValueError, TypeError or RuntimeError, where torch refuses arguments or parameters.
    """
    if issubclass(kind, optim.LBFGS):
        return LBFGS(arguments, slots)
    return TorchRule(kind, arguments, slots)
