"""Work done ahead in threads, its results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 2


def in_order(work: Callable[[T], R], items: Iterable[T], threads: int) -> Generator[R, None, None]:
    """Yield `work(item)` for each item in turn, computed by threads.

    At most twice as many results as threads exist at a time, so memory is bounded. The first error
    in the order of the items is raised, whichever happened first. Closing the iterator waits for
    the threads.
    """
    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="protonet-convert")
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= _AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def together(work: Callable[[T], R], items: Iterable[T], threads: int) -> Generator[R, None, None]:
    """Yield `work(item)` for each item in turn, computed by threads of which the caller's is one.

    While the next result is not ready, the caller computes a later one; so that one thread is the
    caller's alone, and what it has computed is still in its processor's cache when it is yielded.
    Else as `in_order`.
    """
    todo = iter(items)
    if threads == 1:
        yield from map(work, todo)
        return
    waiting: deque[_Task[T, R]] = deque()
    pool = ThreadPoolExecutor(threads - 1, thread_name_prefix="protonet-convert")
    try:
        while True:
            for item in islice(todo, _AHEAD * threads - len(waiting)):
                waiting.append(_Task(item, pool.submit(work, item)))
            if not waiting:
                return
            while not waiting[0].future.done() and _help(waiting, work):
                pass
            yield waiting.popleft().future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass
class _Task(Generic[T, R]):
    item: T
    future: Future[R]


def _help(waiting: Iterable[_Task[T, R]], work: Callable[[T], R]) -> bool:
    """Compute the first result that no thread has begun with; tell whether there was one."""
    for task in waiting:
        if task.future.cancel():
            task.future = Future()
            try:
                task.future.set_result(work(task.item))
            except Exception as error:
                task.future.set_exception(error)
            return True
    return False
