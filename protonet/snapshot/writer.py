"""Snapshots written in the background: training waits only while its tensors are copied."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import torch
from torch import Tensor

from protonet.errors import StorageError
from protonet.snapshot.folder import Snapshots
from protonet.snapshot.state import State

Tensors = dict[str, Tensor]


class Writer:
    """Writes one snapshot at a time, on a thread of its own; a second one waits for the first.

    As a context it ends with what it has begun: an interruption abandons it, and leaves nothing of
    it behind; everything else waits for it.

    Args:
        snapshots: where they go.
        done: takes the iteration and the folder of each that is on the disk.
        warn: takes what went wrong with the last one, where another error ended the training.

    `done` and `warn` are called in the thread that calls the methods below.
    """

    def __init__(
        self,
        snapshots: Snapshots,
        done: Callable[[int, Path], object],
        warn: Callable[[str], object],
    ) -> None:
        self._snapshots, self._done, self._warn = snapshots, done, warn
        self._writing: _Writing | None = None

    def write(
        self, state: State, weights: Mapping[str, Tensor], optimizer: Mapping[str, Tensor]
    ) -> None:
        """Take a snapshot now and have it written; the tensors may change afterwards.

        Raises: StorageError if the one before could not be written.
        """
        self.wait()
        self._writing = _Writing(self._snapshots, state, _Copy(weights), _Copy(optimizer))
        self._writing.start()

    def check(self) -> None:
        """Say what is on the disk by now; waits for nothing.

        Raises: StorageError if it could not be written.
        """
        if self._writing is not None and not self._writing.is_alive():
            self.wait()

    def wait(self) -> None:
        """Wait for what is being written.

        Raises: StorageError if it could not be written.
        """
        writing = self._writing
        if writing is None:
            return
        writing.join()
        self._writing = None
        if writing.error is not None:
            raise writing.error
        self._done(writing.iteration, self._snapshots.at(writing.iteration))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._writing is not None and kind is not None and not issubclass(kind, Exception):
            self._writing.abandoned.set()
            self._writing.join()
            return
        try:
            self.wait()
        except StorageError as late:
            if kind is None:
                raise
            self._warn(f"warning: {late}")


class _Abandoned(Exception):
    """Ends a thread whose snapshot nobody wants any more."""


class _Writing(threading.Thread):
    """Writes one snapshot.

    Attributes:
        iteration: of the snapshot.
        abandoned: set to have it given up.
        error: what went wrong, once the thread has ended.
    """

    def __init__(
        self, snapshots: Snapshots, state: State, weights: _Copy, optimizer: _Copy
    ) -> None:
        super().__init__(name="protonet-snapshot", daemon=True)
        self.iteration = state.iteration
        self.abandoned = threading.Event()
        self.error: Exception | None = None
        self._snapshots, self._state = snapshots, state
        self._copies = (weights, optimizer)

    def run(self) -> None:
        """Write; see `Thread.run`."""
        try:
            weights, optimizer = (copy.tensors() for copy in self._copies)
            self._snapshots.write(self._state, weights, optimizer, self._heed)
        except _Abandoned:
            pass
        except Exception as error:  # raised again where it is waited for
            self.error = error

    def _heed(self) -> None:
        if self.abandoned.is_set():
            raise _Abandoned


class _Copy:
    """Tensors as they are now, in the host's memory.

    From a GPU they are copied into pinned memory, in the order of its work: nothing waits but who
    asks for them.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._copies: Tensors = {name: _copied(tensor) for name, tensor in tensors.items()}
        devices = {tensor.device for tensor in tensors.values() if tensor.is_cuda}
        self._events = [torch.cuda.current_stream(device).record_event() for device in devices]

    def tensors(self) -> Tensors:
        """Return the copies, once they are complete."""
        for event in self._events:
            event.synchronize()
        return self._copies


def _copied(tensor: Tensor) -> Tensor:
    own = tensor.detach()
    if not own.is_cuda:
        return own.to("cpu", copy=True)
    pinned = torch.empty(own.shape, dtype=own.dtype, pin_memory=True)
    return pinned.copy_(own, non_blocking=True)
