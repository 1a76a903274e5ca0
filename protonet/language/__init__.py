"""The language above YAML: other files merged in, variables, expressions, blocks expanded."""

from __future__ import annotations

from protonet.language.expand import expand
from protonet.language.expanded import Expanded, LayerData
from protonet.language.frames import (
    Carried,
    Enter,
    Frame,
    Leave,
    Loop,
    Plan,
    Run,
    Step,
    frames_around,
    plain_plan,
)
from protonet.language.names import Classes
from protonet.language.reuse import Find, with_bases
from protonet.language.scope import WHEN

__all__ = [
    "WHEN",
    "Carried",
    "Classes",
    "Enter",
    "Expanded",
    "Find",
    "Frame",
    "LayerData",
    "Leave",
    "Loop",
    "Plan",
    "Run",
    "Step",
    "expand",
    "frames_around",
    "plain_plan",
    "with_bases",
]
