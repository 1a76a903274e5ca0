from __future__ import annotations

import os
import signal
import threading

import pytest
import torch

from protonet.errors import Interrupted
from protonet.hooks.hook import Step
from protonet.hooks.signals import Effect, Received, Signals, StopAsked

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CAFFE: dict[signal.Signals, Effect] = {
    signal.SIGINT: "stop",
    signal.SIGTERM: "stop",
    signal.SIGHUP: "snapshot",
}
AGAIN = "protonet train a.yaml --resume"


def step(iteration: int) -> Step:
    return Step(iteration, torch.zeros(()), {}, 0.1)


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in NUMBERS]


@pytest.mark.parametrize(
    ("number", "name", "code"),
    [
        (signal.SIGINT, "Ctrl-C", 130),
        (signal.SIGTERM, "SIGTERM", 143),
        (signal.SIGHUP, "SIGHUP", 129),
    ],
)
def test_a_stopping_signal_ends_the_run_after_the_step_when_its_snapshot_is_on_the_disk(
    number: signal.Signals, name: str, code: int
) -> None:
    done: list[object] = []
    received = Received({**CAFFE, signal.SIGHUP: "stop"}, AGAIN)
    hook = Signals(received, done.append, lambda: done.append("on the disk"))
    with received.noted():
        assert hook.after_step(step(3)) is False
        os.kill(os.getpid(), number)
        with pytest.raises(Interrupted) as caught:
            hook.after_step(step(4))

    assert done == [5, "on the disk"]
    assert caught.value.exit_code == code
    assert str(caught.value) == (
        f"stopped by {name} after 5 iterations, with a snapshot; go on with: {AGAIN}"
    )


def test_before_the_first_iteration_there_is_nothing_to_go_on_with() -> None:
    received = Received(CAFFE, AGAIN)
    with received.noted():
        os.kill(os.getpid(), signal.SIGTERM)
    error = received.interruption(0)
    assert error.exit_code == 143
    assert str(error) == f"stopped by SIGTERM before the first iteration; start again with: {AGAIN}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_may_have_a_snapshot_written_each_time_and_the_run_go_on(
    number: signal.Signals,
) -> None:
    written: list[int] = []
    received = Received({**CAFFE, signal.SIGINT: "snapshot"}, AGAIN)
    hook = Signals(received, written.append, lambda: pytest.fail("nothing waits"))
    with received.noted():
        for iteration in (4, 5, 6):
            if iteration != 5:
                os.kill(os.getpid(), number)
            assert hook.after_step(step(iteration)) is False
            received.heed()
    assert written == [5, 7]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_may_have_no_effect(number: signal.Signals) -> None:
    received = Received({signal.SIGINT: "none", signal.SIGHUP: "none"}, AGAIN)
    hook = Signals(received, lambda done: pytest.fail("no snapshot"), lambda: None)
    with received.noted():
        for _ in range(3):
            os.kill(os.getpid(), number)
        assert hook.after_step(step(0)) is False


def test_what_takes_long_ends_when_the_run_is_to_end() -> None:
    received = Received(CAFFE, AGAIN)
    with received.noted():
        received.heed()
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(StopAsked):
            received.heed()


def test_a_second_ctrl_c_stops_at_once() -> None:
    received = Received(CAFFE, AGAIN)
    with received.noted():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_the_end_gives_the_signals_back() -> None:
    before = handlers()
    with Received(CAFFE, AGAIN).noted():
        assert all(now != then for now, then in zip(handlers(), before, strict=True))
    assert handlers() == before


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    before, seen = handlers(), []

    def note() -> None:
        with Received(CAFFE, AGAIN).noted():
            seen.append(handlers())

    thread = threading.Thread(target=note)
    thread.start()
    thread.join()
    assert seen == [before]
