from __future__ import annotations

import pytest

from protonet.errors import StorageError
from protonet.hooks.snapshot import Snapshots
from protonet.hooks.stopwatch import Stopwatch
from tests.hooks.test_hook import follow


class Disk:
    """Stands for what writes in the background; it notes what was asked of it."""

    def __init__(self, error: str = "") -> None:
        self.error, self.calls = error, list[object]()

    def check(self) -> None:
        if self.error:
            raise StorageError(self.error)

    def wait(self) -> None:
        self.calls.append("wait")


def taken(interval: int, updates: range, *, at_end: bool = True, there: int = 0) -> list[object]:
    disk = Disk()
    hook = Snapshots(interval, disk.calls.append, disk, Stopwatch(), at_end=at_end, there=there)
    follow(hook, updates)
    return disk.calls


@pytest.mark.parametrize(
    ("interval", "updates", "expected"),
    [(2, range(5), [2, 4, 5]), (2, range(4), [2, 4]), (0, range(3), [3]), (2, range(2, 3), [3])],
)
def test_snapshots_come_every_interval_and_at_the_end_which_waits_for_the_last(
    interval: int, updates: range, expected: list[int]
) -> None:
    assert taken(interval, updates) == [*expected, "wait"]


def test_the_last_one_can_be_left_out() -> None:
    assert taken(2, range(3), at_end=False) == [2, "wait"]


def test_the_one_that_the_run_goes_on_from_is_not_taken_again() -> None:
    assert taken(0, range(4, 4), there=4) == ["wait"]


def test_one_that_is_there_is_not_taken_again() -> None:
    disk = Disk()
    hook = Snapshots(0, disk.calls.append, disk, Stopwatch(), at_end=True)
    hook.take(3)  # as a signal asks
    hook.after_train(3)
    assert disk.calls == [3, "wait"]


def test_what_went_wrong_in_the_background_is_raised_after_the_next_step() -> None:
    disk = Disk("no room")
    hook = Snapshots(0, disk.calls.append, disk, Stopwatch(), at_end=True)
    with pytest.raises(StorageError, match="^no room$"):
        follow(hook, range(3))
    assert disk.calls == []
