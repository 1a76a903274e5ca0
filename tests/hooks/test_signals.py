from __future__ import annotations

import os
import signal
import threading

import pytest
import torch

from protonet.errors import Interrupted
from protonet.hooks.hook import Step
from protonet.hooks.signals import Signals


def step(iteration: int) -> Step:
    return Step(iteration, torch.zeros(()), {}, 0.1)


@pytest.mark.parametrize(
    ("number", "name", "code"), [(signal.SIGINT, "Ctrl-C", 130), (signal.SIGTERM, "SIGTERM", 143)]
)
def test_a_stopping_signal_ends_the_run_after_the_step_with_a_snapshot(
    number: signal.Signals, name: str, code: int
) -> None:
    written: list[int] = []
    hook = Signals(written.append, "protonet train a.yaml --resume")
    hook.before_train(0)
    try:
        assert hook.after_step(step(3)) is False
        os.kill(os.getpid(), number)
        with pytest.raises(Interrupted) as caught:
            hook.after_step(step(4))
    finally:
        hook.close()

    assert written == [5]
    assert caught.value.exit_code == code
    assert str(caught.value) == (
        f"stopped by {name} after 5 iterations, with a snapshot; go on with: "
        "protonet train a.yaml --resume"
    )


def test_sighup_writes_a_snapshot_and_goes_on() -> None:
    written: list[int] = []
    hook = Signals(written.append, "again")
    hook.before_train(0)
    try:
        os.kill(os.getpid(), signal.SIGHUP)
        assert [hook.after_step(step(iteration)) for iteration in (4, 5)] == [False, False]
    finally:
        hook.close()
    assert written == [5]


def test_a_second_ctrl_c_stops_at_once() -> None:
    hook = Signals(lambda done: None, "again")
    hook.before_train(0)
    try:
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        hook.close()


def test_close_gives_the_signals_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    hook = Signals(lambda done: None, "again")
    hook.before_train(0)
    assert signal.getsignal(signal.SIGINT) != before[0]
    hook.close()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    hook = Signals(lambda done: None, "again")
    thread = threading.Thread(target=hook.before_train, args=(0,))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is before
    hook.close()
