"""Caffe's six solvers by name: each makes its own updates, whatever `type` the prototxt has."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from protonet.pycaffe.solver import Solver


class SGDSolver(Solver):
    """Stochastic gradient descent with momentum."""

    type: ClassVar[str] = "SGD"


class NesterovSolver(Solver):
    """Nesterov's accelerated gradient."""

    type: ClassVar[str] = "Nesterov"


class AdaGradSolver(Solver):
    """AdaGrad."""

    type: ClassVar[str] = "AdaGrad"


class RMSPropSolver(Solver):
    """RMSProp."""

    type: ClassVar[str] = "RMSProp"


class AdaDeltaSolver(Solver):
    """AdaDelta."""

    type: ClassVar[str] = "AdaDelta"


class AdamSolver(Solver):
    """Adam."""

    type: ClassVar[str] = "Adam"


def get_solver(solver_file: str | Path) -> Solver:
    """Return the solver of the type that a prototxt names.

    Raises: as `Solver`.
    """
    return Solver(solver_file)
