"""What Ctrl-C, SIGTERM and SIGHUP do to a run (Caffe: signal_handler.cpp)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType, MappingProxyType
from typing import Any, Literal

from protonet.errors import Interrupted
from protonet.hooks.hook import Hook, Step

Effect = Literal["stop", "snapshot", "none"]
"""What a signal does: end the run after a snapshot, have one written, or nothing."""

_NAMES = MappingProxyType(
    {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP"}
)


class StopAsked(Exception):
    """Ends what takes long and can be done again, because a signal asked the run to end."""


class Received:
    """The signals that a run has received, and has not acted on. A second Ctrl-C after one that
    ends the run ends it at once.

    Args:
        effects: of each signal.
        resume: the command that goes on with the run.
        alone: whether they are acted on as they come; several processes first have to agree, see
            `settle`.

    Attributes:
        pending: the last signal that asks the run to end, and whether one asked for a snapshot.
        wants_snapshot: whether one asked for a snapshot.
        stops: whether one asked the run to end.
    """

    def __init__(
        self, effects: Mapping[signal.Signals, Effect], resume: str, *, alone: bool = True
    ) -> None:
        self._effects, self._resume, self._alone = effects, resume, alone
        self._before: dict[signal.Signals, Any] = {}
        self._stopping: signal.Signals | None = None
        self.pending: tuple[signal.Signals | None, bool] = (None, False)
        self.wants_snapshot = False

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note signals within the block, where this is the main thread: others cannot."""
        if threading.current_thread() is threading.main_thread():
            for number in self._effects:
                self._before[number] = signal.signal(number, self._note)
        try:
            yield
        finally:
            self._give_back()

    @property
    def stops(self) -> bool:
        """Whether a signal asked the run to end."""
        return self._stopping is not None

    def heed(self) -> None:
        """Let something long go on.

        Raises: StopAsked if the run is to end.
        """
        if self.stops:
            raise StopAsked

    def interruption(self, done: int) -> Interrupted:
        """Return what ends the run after so many iterations."""
        number = self._stopping or signal.SIGINT
        where = f"after {done} iteration{'s' * (done > 1)}, with a snapshot; go on with"
        if not done:
            where = "before the first iteration; start again with"
        return Interrupted(f"stopped by {_NAMES[number]} {where}: {self._resume}", 128 + number)

    def _note(self, number: int, frame: FrameType | None) -> None:
        received = signal.Signals(number)
        effect = self._effects[received]
        if effect == "snapshot":
            self.pending = (self.pending[0], True)
        elif effect == "stop":
            self.pending = (received, self.pending[1])
            self._give_back()
        if self._alone:
            self.settle(*self.pending)

    def settle(self, stopping: signal.Signals | None, wants_snapshot: bool) -> None:
        """Have signals acted on: those noted here, or by any of several processes."""
        self.pending = (self.pending[0], False)
        self._stopping = stopping or self._stopping
        self.wants_snapshot |= wants_snapshot

    def _give_back(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}


class Signals(Hook):
    """Acts after a step on the signals that were received.

    It raises `Interrupted`, so it stands last among the hooks.

    Args:
        received: notes them.
        snapshot: has a snapshot of so many updates written.
        finish: returns when that is on the disk.
    """

    def __init__(
        self, received: Received, snapshot: Callable[[int], object], finish: Callable[[], object]
    ) -> None:
        self._received, self._snapshot, self._finish = received, snapshot, finish

    def after_step(self, step: Step) -> bool:
        """Have the snapshot written that a signal asked for.

        Raises: Interrupted when it is on the disk, if the signal ends the run.
        """
        received, done = self._received, step.iteration + 1
        if received.wants_snapshot or received.stops:
            received.wants_snapshot = False
            self._snapshot(done)
        if received.stops:
            self._finish()
            raise received.interruption(done)
        return False
