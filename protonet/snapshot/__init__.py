"""What is saved of a run, how it is written, how it is found and checked again.

A snapshot is a folder that appears complete or not at all::

    snapshots/iter_500/weights.safetensors   every parameter and statistic, `layer/parameter`
    snapshots/iter_500/state.safetensors     the optimizer's history
    snapshots/iter_500/state.json            all else, and the checksums of the other two
"""

from __future__ import annotations

from protonet.snapshot.evaluations import read_evaluation
from protonet.snapshot.folder import Snapshots
from protonet.snapshot.format import Snapshot, read_snapshot, write_snapshot
from protonet.snapshot.state import Evaluation, Machine, State, Stored
from protonet.snapshot.weights import WeightsReport, check_missing, load_weights
from protonet.snapshot.writer import Writer

__all__ = [
    "Evaluation",
    "Machine",
    "Snapshot",
    "Snapshots",
    "State",
    "Stored",
    "WeightsReport",
    "Writer",
    "check_missing",
    "load_weights",
    "read_evaluation",
    "read_snapshot",
    "write_snapshot",
]
