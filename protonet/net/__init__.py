"""Nets: the spec's layers as torch graphs, one per phase, around parameters that all phases
share."""

from __future__ import annotations

from protonet.net.axes import Shape
from protonet.net.form import LossTerm
from protonet.net.net import Net
from protonet.net.phases import prove_phases, shape_errors

__all__ = ["LossTerm", "Net", "Shape", "prove_phases", "shape_errors"]
