"""Ctrl-C and SIGTERM end a run after a snapshot, SIGHUP writes one and goes on (Caffe:
signal_handler.cpp)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from protonet.errors import Interrupted
from protonet.hooks.hook import Hook, Step

_STOPPING = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


class Signals(Hook):
    """Notes a signal and acts on it after the step in hand. A second Ctrl-C stops at once.

    It raises `Interrupted`, so it stands last among the hooks.

    Args:
        snapshot: writes a snapshot of so many updates and returns where.
        resume: the command that goes on from it.
    """

    def __init__(self, snapshot: Callable[[int], object], resume: str) -> None:
        self._snapshot, self._resume = snapshot, resume
        self._before: dict[int, Any] = {}
        self._wanted = False
        self._received: int | None = None

    def before_train(self, iteration: int) -> None:
        """Take over the signals, where this is the main thread (others cannot)."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (*_STOPPING, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._wanted = True
            return
        self._received = number
        self._give_back()

    def after_step(self, step: Step) -> bool:
        """Write the snapshot that a signal asked for.

        Raises: Interrupted after the snapshot, if the signal was a stopping one.
        """
        done = step.iteration + 1
        if self._wanted or self._received is not None:
            self._wanted = False
            self._snapshot(done)
        if self._received is not None:
            name = _STOPPING[signal.Signals(self._received)]
            message = (
                f"stopped by {name} after {done} iteration{'s' * (done > 1)}, with a snapshot; "
                f"go on with: {self._resume}"
            )
            raise Interrupted(message, 128 + self._received)
        return False

    def close(self) -> None:
        """Give the signals back."""
        self._give_back()

    def _give_back(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
