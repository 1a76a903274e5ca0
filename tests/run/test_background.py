from __future__ import annotations

import threading
from contextlib import closing
from functools import partial

import pytest

from protonet.errors import StorageError
from protonet.run.background import Background


def test_work_is_done_in_order_on_another_thread() -> None:
    done: list[tuple[int, str]] = []

    def note(number: int) -> None:
        done.append((number, threading.current_thread().name))

    with closing(Background("pen")) as background:
        for number in range(50):
            background.post(partial(note, number))
        background.wait()
        assert done == [(number, "pen_0") for number in range(50)]


def test_what_work_raises_is_raised_where_it_is_waited_for() -> None:
    def refuse() -> None:
        raise StorageError("the disk is full")

    background = Background("pen")
    background.post(refuse)
    with pytest.raises(StorageError, match="the disk is full"):
        background.wait()
    background.wait()  # said once
    background.close()


def test_closing_does_what_is_left_and_raises_what_it_raised() -> None:
    def refuse() -> None:
        raise StorageError("the disk is full")

    done: list[int] = []
    background = Background("pen")
    background.post(lambda: done.append(1))
    background.post(refuse)
    with pytest.raises(StorageError, match="the disk is full"):
        background.close()
    assert done == [1]
    assert not [thread for thread in threading.enumerate() if thread.name == "pen_0"]


def test_only_so_much_may_wait() -> None:
    gate, posted = threading.Event(), []
    background = Background("pen")

    def wait() -> None:
        gate.wait()

    def post() -> None:
        for number in range(30):
            background.post(wait)
            posted.append(number)

    thread = threading.Thread(target=post)
    thread.start()
    thread.join(0.2)
    assert len(posted) == 16  # the 17th waits for the first
    gate.set()
    thread.join()
    background.close()
    assert len(posted) == 30
