from __future__ import annotations

import time

import pytest

from protonet.hooks.stopwatch import Stopwatch


def test_a_paused_stopwatch_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([10.0, 12.0, 17.0, 20.0])  # now, pause, go on, now
    monkeypatch.setattr(time, "perf_counter", lambda: next(seconds))
    watch = Stopwatch()

    start = watch.now()
    with watch.paused():
        pass

    assert watch.now() - start == 5.0  # 20 - 10, less the 5 between 12 and 17


def test_an_error_within_the_pause_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([1.0, 4.0, 10.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(seconds))
    watch = Stopwatch()

    with pytest.raises(ValueError, match="^broken$"), watch.paused():
        raise ValueError("broken")

    assert watch.now() == 7.0


def test_it_counts_from_its_last_start(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([100.0, 103.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(seconds))
    watch = Stopwatch()
    watch.restart()
    assert watch.elapsed() == 3.0


def test_what_all_processes_have_is_what_the_first_one_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds = iter([100.0, 103.0, 104.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(seconds))
    watch = Stopwatch()
    watch.restart()
    assert (watch.agreed_elapsed(), watch.agreed()) == (3.0, 104.0)  # by itself: its own
    watch.told = (7.0, 2.0)
    assert (watch.agreed_elapsed(), watch.agreed()) == (2.0, 7.0)
