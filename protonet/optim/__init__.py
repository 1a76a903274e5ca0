"""The table of update rules."""

from __future__ import annotations

from protonet.optim.adadelta import ADADELTA
from protonet.optim.adagrad import ADAGRAD
from protonet.optim.adam import ADAM
from protonet.optim.nesterov import NESTEROV
from protonet.optim.record import Evaluating, Optimizer, OptimizerType, Slot
from protonet.optim.rmsprop import RMSPROP
from protonet.optim.sgd import SGD
from protonet.records import catalogue

__all__ = ["OPTIMIZERS", "Evaluating", "Optimizer", "OptimizerType", "Slot"]

OPTIMIZERS = catalogue([SGD, NESTEROV, ADAGRAD, RMSPROP, ADADELTA, ADAM])
"""Every update rule by the name that the solver's `type` gives."""
