"""What becomes of a training that its data, the disk or the device ends: a snapshot, a message."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from protonet.errors import (
    DeviceError,
    Interrupted,
    NonFiniteError,
    ProcessError,
    ProtonetError,
    StorageError,
    TrainingError,
)
from protonet.run.machine import why_no_memory
from protonet.snapshot.format import UnsavedError
from protonet.solver import Solver


@dataclass(frozen=True, slots=True)
class Rescue:
    """What is done for a training that fails.

    Attributes:
        solver: at work.
        save: writes the snapshot of so many iterations, to the end.
        again: the command that goes on with the run.
        memory: tells what takes the memory, and what would fit.
    """

    solver: Solver
    save: Callable[[int], object]
    again: str
    memory: Callable[[], str]

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Save what was trained within the block if it fails there.

        A signal and a loss that is not finite are no failures: they have their own ends.

        Raises: TrainingError after a failure outside the training, when the snapshot of the last
            whole iteration is written or cannot be; the failure itself where nothing was trained
            yet; DeviceError where memory is short.
        """
        first = self.solver.iteration
        try:
            yield
        except (Interrupted, NonFiniteError, ProcessError, UnsavedError):
            raise
        except Exception as error:
            why = self._why(error)
            saved = self._saved(error) if self.solver.iteration > first else None
            if why is None or (saved is None and isinstance(error, ProtonetError)):
                raise
            if saved is None:
                raise DeviceError(why) from None
            raise TrainingError(f"{why}. {saved}") from error

    def _why(self, error: Exception) -> str | None:
        """Return what went wrong, in words; None for what is no failure of data, disk or device."""
        short = why_no_memory(error) if isinstance(error, RuntimeError | MemoryError) else None
        if short is not None:
            traceback.clear_frames(error.__traceback__)  # they hold the activations
            return f"out of memory in iteration {self.solver.iteration}: {short}; {self.memory()}"
        return str(error) if isinstance(error, ProtonetError) else None

    def _saved(self, error: Exception) -> str:
        """Write the snapshot, and return what came of it."""
        done = self.solver.iteration
        after = f"Training stopped after {done} iteration{'s' * (done > 1)}"
        on = f"go on with: {self.again}"
        if not self.solver.is_whole:
            return f"{after} and a half, so there is no new snapshot; when that is mended, {on}"
        try:
            self.save(done)
        except StorageError as refused:
            why = "" if isinstance(error, StorageError) else f": {refused}"
            return f"{after}, and no snapshot could be written{why}; when that is mended, {on}"
        return f"{after}, with a snapshot; when that is mended, {on}"
