"""Gathers pictures that come at about the same time into batches, and runs those in one thread."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from protonet.data.layout import Array
from protonet.predict.preparation import Prepared

Run = Callable[[Sequence[Prepared], tuple[str, ...]], Mapping[str, Array]]
"""Takes samples of one shape and the names of blobs, and gives each blob, (N, …)."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the net gave for one picture.

    Attributes:
        values: each blob that was wanted, without the batch axis.
        batch: how many pictures went through the net together.
        waited: seconds until they did.
        seconds: that the net took.
    """

    values: Mapping[str, Array]
    batch: int
    waited: float
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """A picture that waits."""

    sample: Prepared
    blobs: tuple[str, ...]
    answer: Future[Given] = field(default_factory=Future)
    came: float = field(default_factory=time.monotonic)

    @property
    def kind(self) -> tuple[object, ...]:
        """What pictures of one batch have in common."""
        return self.blobs, self.sample.pipeline.shape


class Batcher:
    """A queue of pictures, and the thread that runs the net on them.

    A batch starts when it is full, or when its first picture has waited long enough. It holds
    pictures of one shape, for which the same blobs are wanted, in the order in which they came.

    Args:
        run: the net.
        batch_size: most pictures of a batch.
        max_wait: seconds that a picture waits for others.
        warm_up: is called first, in the thread that runs the net.
        done: takes the size of each batch, and the seconds that it took.

    Attributes:
        ready: done when `warm_up` is; holds what that raised.
    """

    def __init__(
        self,
        run: Run,
        batch_size: int,
        max_wait: float,
        warm_up: Callable[[], object] = lambda: None,
        done: Callable[[int, float], object] = lambda size, seconds: None,
    ) -> None:
        self._run, self._batch_size, self._max_wait = run, batch_size, max_wait
        self._warm_up, self._done = warm_up, done
        self._waiting: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self.ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._work, name="protonet-serve", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        """Return how many pictures wait."""
        return len(self._waiting)

    @property
    def works(self) -> bool:
        """Whether the thread is there to run what comes."""
        return self.ready.done() and self._thread.is_alive() and not self._closed

    def submit(self, sample: Prepared, blobs: tuple[str, ...]) -> Future[Given]:
        """Queue a picture. A future that is cancelled before its batch starts takes no place in it.

        Args:
            sample: one picture.
            blobs: names of what is wanted of it.

        Returns: what the net gave for it, or the error that it raised.
        """
        job = _Job(sample, blobs)
        with self._changed:
            if self._closed:
                job.answer.cancel()
                return job.answer
            self._waiting.append(job)
            self._changed.notify()
        job.answer.add_done_callback(lambda _: self._forget(job))
        return job.answer

    def close(self) -> None:
        """Run what waits, and end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _forget(self, job: _Job) -> None:
        """Let go of a picture that nobody waits for any more, so that the queue stays bounded."""
        if job.answer.cancelled():
            with self._changed:
                if job in self._waiting:
                    self._waiting.remove(job)

    def _work(self) -> None:
        try:
            self._warm_up()
        except Exception as error:  # raised again where `ready` is asked
            self.ready.set_exception(error)
            return
        self.ready.set_result(None)
        while jobs := self._next():
            self._answer([job for job in jobs if job.answer.set_running_or_notify_cancel()])

    def _next(self) -> list[_Job]:
        """Return the pictures of the next batch; none when it is time to end."""
        with self._changed:
            while not self._closed or self._waiting:
                left = self._left()
                if left is not None and left <= 0:
                    return self._taken()
                self._changed.wait(left)
        return []

    def _left(self) -> float | None:
        """Return how many seconds others are still waited for; None where nothing waits."""
        if not self._waiting:
            return None
        if self._closed or len(self._waiting) >= self._batch_size:
            return 0
        return self._waiting[0].came + self._max_wait - time.monotonic()

    def _taken(self) -> list[_Job]:
        """Take the first picture, and those that can go with it."""
        kind = self._waiting[0].kind
        taken: list[_Job] = []
        left: deque[_Job] = deque()
        for job in self._waiting:
            fits = len(taken) < self._batch_size and job.kind == kind
            (taken if fits else left).append(job)
        self._waiting = left
        return taken

    def _answer(self, jobs: Sequence[_Job]) -> None:
        if not jobs:
            return
        began = time.monotonic()
        try:
            blobs = self._run([job.sample for job in jobs], jobs[0].blobs)
        except Exception as error:  # raised again where each answer is waited for
            for job in jobs:
                job.answer.set_exception(error)
            return
        seconds = time.monotonic() - began
        self._done(len(jobs), seconds)
        for place, job in enumerate(jobs):
            values = {name: blob[place] for name, blob in blobs.items()}
            job.answer.set_result(Given(values, len(jobs), began - job.came, seconds))
