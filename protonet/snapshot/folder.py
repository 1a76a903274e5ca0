"""The snapshots of one run: which there are, which is the newest whole one, which are kept."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from torch import Tensor

from protonet.errors import SnapshotError, StorageError
from protonet.snapshot.format import (
    Snapshot,
    put_back,
    read_snapshot,
    read_state,
    write_snapshot,
)
from protonet.snapshot.state import State
from protonet.snapshot.tensor_file import Between

_NAME = re.compile(r"iter_(\d+)")
_UNFINISHED = re.compile(r"\.iter_\d+\.(partial|old|leaving)")
"""What is written, replaced or removed goes by such a name meanwhile."""


class Snapshots:
    """A folder of snapshots, `iter_500` and so on.

    Args:
        path: the folder.
        keep: number of newest snapshots that are kept; the best one is kept besides.
    """

    def __init__(self, path: Path, keep: int = 3) -> None:
        self.path, self._keep = path, keep

    def make(self) -> None:
        """Make the folder; found to be impossible now, it costs no hours of training.

        Raises: StorageError if it cannot be made or written.
        """
        try:
            self.path.mkdir(exist_ok=True)
        except OSError as error:
            raise StorageError(f"{self.path}: cannot be made: {error.strerror}") from error
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise StorageError(f"{self.path}: cannot be written: Permission denied")

    def iterations(self) -> list[int]:
        """Return the iterations that there are snapshots of, in order.

        Raises: StorageError if the folder cannot be read.
        """
        if not os.path.isdir(self.path):
            return []
        try:
            matches = [_NAME.fullmatch(name) for name in os.listdir(self.path)]
        except OSError as error:
            raise StorageError(f"{self.path}: cannot be read: {error.strerror}") from error
        return sorted(int(match[1]) for match in matches if match)

    def at(self, iteration: int) -> Path:
        """Return where the snapshot of an iteration stands."""
        return self.path / f"iter_{iteration}"

    def newest(self, say: Callable[[str], object]) -> Snapshot | None:
        """Return the newest whole snapshot; every damaged one that is passed over is said.

        Raises: SnapshotError if there are snapshots, and all of them are damaged.
        """
        with suppress(OSError):
            put_back(self.path)
        iterations = self.iterations()
        for iteration in reversed(iterations):
            try:
                return read_snapshot(self.at(iteration))
            except SnapshotError as error:
                more = "; trying the one before it" if iteration != iterations[0] else ""
                say(f"warning: {error}{more}")
        if iterations:
            several = len(iterations) > 1
            which = f"none of the {len(iterations)} snapshots" if several else "its only snapshot"
            whole = "is whole" if several else "is not whole"
            raise SnapshotError(f"{self.path}: {which} {whole}; train again without --resume")
        return None

    def move_later(self, iteration: int, folder: Path) -> None:
        """Move the snapshots of later iterations into a folder, the latest first: cut short, it
        leaves a run that is whole.

        Raises: StorageError if the disk refuses.
        """
        later = [other for other in self.iterations() if other > iteration]
        try:
            for other in reversed(later):
                self.at(other).rename(folder / self.at(other).name)
        except OSError as error:
            raise StorageError(f"{folder}: cannot be written: {error.strerror}") from error

    def write(
        self,
        state: State,
        weights: Mapping[str, Tensor],
        optimizer: Mapping[str, Tensor],
        between: Between = lambda: None,
    ) -> Path:
        """Write a snapshot, then remove those that are no longer kept.

        Args:
            state, weights, optimizer, between: see `write_snapshot`.

        Raises: StorageError if the disk refuses.
        """
        self.make()
        path = self.at(state.iteration)
        write_snapshot(path, state, weights, optimizer, between)
        self.prune(state.iteration)
        return path

    def prune(self, newest: int) -> None:
        """Remove the snapshots that are no longer kept, and what a killed process left.

        They leave under another name, so that one half removed is never taken for a snapshot.

        Args:
            newest: the iteration of the newest whole one; later ones are left alone.

        Raises: StorageError if the folder cannot be read.
        """
        older = [iteration for iteration in self.iterations() if iteration <= newest]
        spare = older[: -self._keep]
        best = self._best(older) if spare else None
        for iteration in spare:
            if iteration != best:
                leaving = self.path / f".iter_{iteration}.leaving"
                with suppress(OSError):
                    self.at(iteration).rename(leaving)
                shutil.rmtree(leaving, ignore_errors=True)
        for entry in self.path.iterdir():
            if _UNFINISHED.fullmatch(entry.name):
                shutil.rmtree(entry, ignore_errors=True)

    def _best(self, iterations: list[int]) -> int | None:
        """Return the iteration of the best score, the later of equals."""
        best: tuple[float, int] | None = None
        for iteration in iterations:
            with suppress(SnapshotError):
                score = read_state(self.at(iteration)).score
                if score is not None and (best is None or score >= best[0]):
                    best = (score, iteration)
        return best[1] if best else None
