"""The threads that decode: as many as the process has cores, the one that asks among them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

FEW = 4
"""Images that are decoded where they are asked for: threads would take longer."""


def each(count: int, work: Callable[[int], object], threads: int | None = None) -> None:
    """Do something for each number from 0 to `count`, several at a time.

    Args:
        count: how many numbers.
        work: takes one; what takes long in it runs without Python's lock.
        threads: how many at a time; None: as many as this process may use cores.

    Raises: what `work` raised, for the smallest number of those that it failed for; no other
        numbers are begun then.
    """
    numbers = iter(range(count))  # one for all: each takes the next
    failed: dict[int, Exception] = {}

    def run() -> None:
        for number in numbers:
            if failed:
                return
            try:
                work(number)
            except Exception as error:
                failed[number] = error

    most = threads or cores()
    helpers = 0 if count < FEW else min(most, count) - 1
    running = [_pool(os.getpid()).submit(run) for _ in range(helpers)]
    run()
    for one in running:
        if not one.cancel():
            one.result()
    if failed:
        raise failed[min(failed)]


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@lru_cache(1)
def _pool(process: int) -> ThreadPoolExecutor:
    """Return the threads of this process: a forked one has none of its parent's."""
    return ThreadPoolExecutor(max(1, cores() - 1), thread_name_prefix="protonet-decode")
