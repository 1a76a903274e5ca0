from __future__ import annotations

from io import StringIO

import pytest

from protonet.cli.progress import ProgressBar, per_second
from protonet.cli.terminal import Terminal


class Screen(StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def shown(stream: StringIO) -> str:
    """Return what was written since the last call."""
    text = stream.getvalue()
    stream.seek(0)
    stream.truncate()
    return text


def test_a_terminal_shows_a_bar_that_is_replaced_and_removed(clock: Clock) -> None:
    screen = Screen()
    bar = ProgressBar("images", Terminal(screen), clock)
    clock.now += 2
    bar(500, 2000)
    # 7 of 30 signs are a quarter, rounded down; 500 in 2 s are 250/s, so 1,500 take 6 s more
    assert (
        shown(screen) == "\r[#######.......................] 500/2000 images, 250/s, 6 s left\x1b[K"
    )
    clock.now += 2
    bar(2000, 2000)
    assert shown(screen) == f"\r[{'#' * 30}] 2000/2000 images, 500/s\x1b[K"
    bar.close()
    assert shown(screen) == "\r\x1b[K"


def test_a_terminal_is_written_to_ten_times_a_second_at_most(clock: Clock) -> None:
    screen = Screen()
    bar = ProgressBar("images", Terminal(screen), clock)
    for done in range(1, 1001):
        clock.now += 0.001
        bar(done, 2000)
    assert 9 <= screen.getvalue().count("\r") <= 10


def test_elsewhere_a_line_is_written_every_ten_seconds(clock: Clock) -> None:
    stream = StringIO()
    bar = ProgressBar("images", Terminal(stream), clock)
    for done in range(1, 26):
        clock.now += 1
        bar(done * 1000, 1_000_000)
    assert shown(stream) == (
        "10000/1000000 images, 1,000/s, 16 min 30 s left\n"  # 990,000 at 1,000/s
        "20000/1000000 images, 1,000/s, 16 min 20 s left\n"
    )
    bar.close()
    assert shown(stream) == ""


def test_a_bar_is_cut_to_the_terminal(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    screen = Screen()
    bar = ProgressBar("images", Terminal(screen), clock)
    clock.now += 1
    bar(1, 2)
    assert shown(screen) == "\r[###############...\x1b[K"


def test_what_is_over_at_once_shows_nothing(clock: Clock) -> None:
    screen = Screen()
    bar = ProgressBar("images", Terminal(screen), clock)
    bar(5, 5)
    bar.close()
    assert shown(screen) == ""


def test_before_the_first_is_done_no_time_is_foretold(clock: Clock) -> None:
    stream = StringIO()
    clock.now = 0
    bar = ProgressBar("images", Terminal(stream), clock)
    clock.now = 10
    bar(0, 5)
    assert shown(stream) == "0/5 images, 0.0/s\n"


@pytest.mark.parametrize(
    ("rate", "text"), [(0.26, "0.3/s"), (9.9, "9.9/s"), (10, "10/s"), (12345.6, "12,346/s")]
)
def test_a_rate_has_as_many_digits_as_it_deserves(rate: float, text: str) -> None:
    assert per_second(rate) == text


def test_the_rate_counts_from_where_the_work_begins(clock: Clock) -> None:
    """A listing of a minute comes before 10 of 20 in ten seconds."""
    stream = StringIO()
    bar = ProgressBar("records", Terminal(stream), clock)
    clock.now += 60
    bar(0, 20)
    clock.now += 10
    bar(10, 20)
    assert shown(stream) == "0/20 records, 0.0/s\n10/20 records, 1.0/s, 10 s left\n"
