from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator

import pytest

from protonet.convert.threads import in_order, together

BOTH = pytest.mark.parametrize("run", [in_order, together])


@BOTH
def test_results_come_in_order_whichever_is_ready_first(run: Callable[..., Iterator[int]]) -> None:
    """The first item ends only when the second has."""
    second_is_done = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert second_is_done.wait(30)
        elif item == 1:
            second_is_done.set()
        return item * item

    assert list(run(work, range(10), 2)) == [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]


@pytest.mark.parametrize(("run", "threads"), [(in_order, 1), (in_order, 3), (together, 3)])
def test_at_most_twice_as_many_as_threads_are_taken_ahead(
    run: Callable[..., Generator[int, None, None]], threads: int
) -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for item in range(100):
            taken += 1
            yield item

    results = run(lambda item: item, items(), threads)
    assert next(results) == 0
    assert taken == 2 * threads
    assert next(results) == 1
    assert taken == 2 * threads + 1
    results.close()


@BOTH
def test_work_is_shared_by_all_threads(run: Callable[..., Iterator[int]]) -> None:
    """Three items that wait for one another end only in three threads."""
    three = threading.Barrier(3)
    assert len(list(run(lambda item: three.wait(30), range(3), 3))) == 3


@BOTH
def test_the_first_error_in_order_is_raised(run: Callable[..., Iterator[int]]) -> None:
    later_has_failed = threading.Event()

    def work(item: int) -> int:
        if item == 1:
            assert later_has_failed.wait(30)
        if item in (1, 2):
            later_has_failed.set()
            raise ValueError(item)
        return item

    results = run(work, range(9), 3)
    assert next(results) == 0
    with pytest.raises(ValueError, match="^1$"):
        next(results)


@BOTH
def test_closing_leaves_no_thread_behind(run: Callable[..., Generator[int, None, None]]) -> None:
    before = threading.active_count()
    results = run(lambda item: item, range(1000), 4)
    next(results)
    results.close()
    assert threading.active_count() == before


@BOTH
def test_nothing_to_do_is_done(run: Callable[..., Iterator[int]]) -> None:
    assert list(run(lambda item: item, [], 2)) == []


def test_one_thread_together_is_the_callers_own_and_takes_nothing_ahead() -> None:
    taken: list[int] = []

    def work(item: int) -> str:
        taken.append(item)
        return threading.current_thread().name

    results = together(work, range(9), 1)
    assert next(results) == threading.current_thread().name
    assert taken == [0]


def test_the_caller_helps_while_the_next_is_not_ready() -> None:
    """The first item ends only when the caller's thread has done another."""
    caller, helped = threading.current_thread(), threading.Event()

    def work(item: int) -> int:
        if threading.current_thread() is caller:
            helped.set()
        elif item == 0:
            assert helped.wait(30)
        return item

    assert list(together(work, range(20), 2)) == list(range(20))
