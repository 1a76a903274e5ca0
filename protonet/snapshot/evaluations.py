"""What belongs to weights beside their numbers, found where the weights are."""

from __future__ import annotations

import os
from pathlib import Path

from protonet.snapshot.folder import Snapshots
from protonet.snapshot.format import STATE, read_state
from protonet.snapshot.state import Evaluation


def snapshot_of(path: Path) -> Path | None:
    """Return the snapshot that a path means: itself, or a run's newest; None where it is neither.

    Raises: StorageError if the folder cannot be read.
    """
    if os.path.isfile(path / STATE):
        return path
    snapshots = Snapshots(path / "snapshots")
    iterations = snapshots.iterations()
    return snapshots.at(iterations[-1]) if iterations else None


def read_evaluation(path: Path) -> Evaluation | None:
    """Return how samples are prepared for the weights of a snapshot or a run; None where the path
    is that of other weights, which do not say it.

    Raises: SnapshotError if the snapshot is damaged; StorageError if the folder cannot be read.
    """
    found = snapshot_of(path)
    return None if found is None else read_state(found).evaluation
