"""The table of update rules."""

from __future__ import annotations

from protonet.optim.record import Optimizer, OptimizerType, Slot
from protonet.optim.sgd import SGD
from protonet.records import catalogue

__all__ = ["OPTIMIZERS", "Optimizer", "OptimizerType", "Slot"]

OPTIMIZERS = catalogue([SGD])
"""Every update rule by the name that the solver's `type` gives."""
