from __future__ import annotations

import pytest

from protonet.hooks.pace import Pace, Speed, Speedometer, duration
from protonet.hooks.stopwatch import Stopwatch


class FakeStopwatch(Stopwatch):
    seconds = 0.0

    def now(self) -> float:
        return self.seconds


def test_speed_is_that_of_the_stretch_since_the_last_reading() -> None:
    watch, waited = FakeStopwatch(), [0.0]
    meter = Speedometer(Pace(samples=64, max_iter=100, waited=lambda: waited[0], stopwatch=watch))
    meter.start(0)
    watch.seconds, waited[0] = 2.0, 0.5
    first = meter.read(10)
    watch.seconds, waited[0] = 3.0, 0.5
    second = meter.read(30)

    # 10 * 64 / 2 s, 0.5 of 2 s waited, 90 * 64 / 320 s to go; then 20 * 64 / 1 s, 70 * 64 / 1280
    assert first == Speed(samples=320.0, wait=0.25, left=18.0)
    assert second == Speed(samples=1280.0, wait=0.0, left=3.5)


def test_a_stretch_without_iterations_has_no_end_in_sight() -> None:
    watch = FakeStopwatch()
    meter = Speedometer(Pace(1, 10, lambda: 0.0, watch))
    meter.start(5)
    watch.seconds = 1.0
    assert meter.read(5) == Speed(samples=0.0, wait=0.0, left=0.0)


def test_a_clock_that_ends_the_training_sooner_says_what_is_left() -> None:
    watch, clock = FakeStopwatch(), [5.0]
    meter = Speedometer(Pace(1, 2**31 - 1, lambda: 0.0, watch, lambda: clock[0]))
    meter.start(0)
    watch.seconds = 1.0
    first = meter.read(10).left
    clock[0] = -0.1  # the iteration in which the time runs out
    watch.seconds = 2.0
    assert (first, meter.read(20).left) == (5.0, 0.0)


def test_waiting_is_never_more_than_everything() -> None:
    watch = FakeStopwatch()
    waited = iter([0.0, 0.0, 9.0])
    meter = Speedometer(Pace(1, 10, lambda: next(waited), watch))
    meter.start(0)
    watch.seconds = 1.0
    assert meter.read(1).wait == 1.0


def test_speed_reads_as_people_say_it() -> None:
    assert str(Speed(12345.6, 0.034, 75)) == "12,346 images/s  1 min 15 s left  data 3%"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min 0 s"),
        (75, "1 min 15 s"),
        (3700, "1 h 1 min"),
        (86400, "1 d 0 h"),
        (100_000, "1 d 3 h"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected
