"""The language above YAML: other files merged in, variables, expressions, blocks expanded."""

from __future__ import annotations

from protonet.language.expand import expand
from protonet.language.expanded import Expanded, LayerData
from protonet.language.frames import Enter, Frame, Leave, Plan, Run, Step, plain_plan
from protonet.language.names import Classes
from protonet.language.reuse import with_bases

__all__ = [
    "Classes",
    "Enter",
    "Expanded",
    "Frame",
    "LayerData",
    "Leave",
    "Plan",
    "Run",
    "Step",
    "expand",
    "plain_plan",
    "with_bases",
]
