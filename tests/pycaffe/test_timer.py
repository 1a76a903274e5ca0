from __future__ import annotations

import pytest

from protonet.errors import UsageError
from protonet.pycaffe import timer
from protonet.pycaffe.timer import Timer


def test_milliseconds_between_start_and_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 10.25, 20.0, 20.5])
    monkeypatch.setattr(timer, "_now", lambda: next(clock))
    watch = Timer()

    watch.start()
    watch.stop()
    assert (watch.ms, watch.us) == (250, 250_000)
    watch.start()
    assert watch.ms == 500  # still running


def test_a_timer_that_was_not_started() -> None:
    with pytest.raises(UsageError) as caught:
        Timer().stop()

    assert str(caught.value) == "Timer: call start first"
