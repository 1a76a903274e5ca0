from __future__ import annotations

import threading

import pytest

from protonet.data.decoding_threads import FEW, cores, each


def test_every_number_is_taken_once() -> None:
    taken: list[int] = []

    each(100, taken.append, 2)

    assert sorted(taken) == list(range(100))


def test_a_few_are_done_where_they_are_asked_for() -> None:
    threads: set[str] = set()

    each(FEW - 1, lambda number: threads.add(threading.current_thread().name), 2)

    assert threads == {threading.current_thread().name}


def test_so_many_work_at_a_time_as_are_asked_for() -> None:
    """With two threads both must come for either to go on."""
    if cores() < 2:
        pytest.skip("needs two cores")
    both = threading.Barrier(2, timeout=20)

    each(4, lambda number: both.wait(), 2)


def test_the_first_that_failed_is_told() -> None:
    def work(number: int) -> None:
        if number > 2:
            raise ValueError(f"number {number}")

    with pytest.raises(ValueError, match="^number 3$"):
        each(50, work, 1)


def test_a_process_has_a_core() -> None:
    assert cores() >= 1
