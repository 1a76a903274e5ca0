from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from protonet.convert.threads import in_order


def test_results_come_in_order_whichever_is_ready_first() -> None:
    """The first item ends only when the second has."""
    second_is_done = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert second_is_done.wait(30)
        elif item == 1:
            second_is_done.set()
        return item * item

    assert list(in_order(work, range(10), 2)) == [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]


@pytest.mark.parametrize("threads", [1, 3])
def test_at_most_twice_as_many_as_threads_are_taken_ahead(threads: int) -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for item in range(100):
            taken += 1
            yield item

    results = in_order(lambda item: item, items(), threads)
    assert next(results) == 0
    assert taken == 2 * threads
    assert next(results) == 1
    assert taken == 2 * threads + 1
    results.close()


def test_work_is_shared_by_all_threads() -> None:
    """Three items that wait for one another end only in three threads."""
    together = threading.Barrier(3)
    assert len(list(in_order(lambda item: together.wait(30), range(3), 3))) == 3


def test_the_first_error_in_order_is_raised() -> None:
    later_has_failed = threading.Event()

    def work(item: int) -> int:
        if item == 1:
            assert later_has_failed.wait(30)
        if item in (1, 2):
            later_has_failed.set()
            raise ValueError(item)
        return item

    results = in_order(work, range(9), 3)
    assert next(results) == 0
    with pytest.raises(ValueError, match="^1$"):
        next(results)


def test_closing_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    results = in_order(lambda item: item, range(1000), 4)
    next(results)
    results.close()
    assert threading.active_count() == before


def test_nothing_to_do_is_done() -> None:
    assert list(in_order(lambda item: item, [], 2)) == []
