"""Which choice wins, with a clock that only the steps move."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch

from protonet.errors import DeviceError
from protonet.run import tuning
from protonet.run.choice import Choice
from protonet.run.train import train
from protonet.run.tuning import Trial, fastest, tune
from protonet.schema import respecified
from protonet.snapshot import read_snapshot
from protonet.spec.duration import Duration
from tests.small import small_spec
from tests.specs import spec_of

NET = """\
net:
  inputs: {data: [1, 8, 8], label: {shape: [], dtype: int64}}
  layers:
    - {name: conv, type: Convolution, num_output: 2, kernel_size: 3}
    - {name: fc, type: InnerProduct, num_output: 3}
    - {name: loss, type: SoftmaxWithLoss, bottom: [fc, label]}
"""


class Clock:
    """Seconds that pass only where a step says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)

    def step(self, *seconds: float) -> Callable[[], None]:
        """Return a step that takes each of these in turn, and the last from then on."""
        left = [*seconds]

        def step() -> None:
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return step


def trial(free: set[str], length: int | Duration = 1) -> Trial:
    return Trial(spec_of(NET).net, "cpu", "float32", {"N": 4}, length, frozenset(free))


def timed(monkeypatch: pytest.MonkeyPatch, seconds: Callable[[Choice], float]) -> None:
    """Let a step with a choice take so many seconds."""
    clock = Clock(monkeypatch)
    monkeypatch.setattr(Trial, "step", lambda self, choice: clock.step(seconds(choice)))
    monkeypatch.setattr(tuning, "cores", lambda: 4)


def test_the_shortest_time_of_each_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    disturbed = clock.step(*[9.0] * 5, 0.1, 9.0)
    found = fastest([("slow", clock.step(0.2)), ("disturbed", disturbed)])
    assert [name for name, _ in found] == ["disturbed", "slow"]
    assert [seconds for _, seconds in found] == pytest.approx([0.1, 0.2])


def test_one_thing_is_chosen_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def seconds(choice: Choice) -> float:
        return (
            (1.0 if choice.channels_last else 2.0) / choice.threads / (2 if choice.compile else 1)
        )

    timed(monkeypatch, seconds)
    said: list[str] = []
    found = tune(
        trial({"channels_last", "threads", "compile"}, 10_000), Choice(None, 4), said.append
    )
    assert found == Choice(channels_last=True, threads=4, compile=True)
    assert said == [
        "tune: channels last 250.0 ms, channels first 500.0 ms",
        "tune: 4 threads 250.0 ms, 2 threads 500.0 ms, 1 threads 1000.0 ms",
        "tune: compiled 125.0 ms, as it is 250.0 ms",
    ]


def test_what_is_given_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    timed(monkeypatch, lambda choice: 1.0)
    said: list[str] = []
    given = Choice(channels_last=False, threads=3)
    assert (tune(trial(set()), given, said.append), said) == (given, [])


@pytest.mark.parametrize("length", [300, Duration(Fraction(300), "seconds")])
def test_a_short_training_is_not_compiled(
    length: int | Duration, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed(monkeypatch, lambda choice: 0.1 if choice.compile else 1.0)
    assert tune(trial({"compile"}, length), Choice(None, 1), pytest.fail).compile is False


@pytest.mark.parametrize(
    "length", [301, Duration(Fraction(301), "seconds"), Duration(Fraction(1, 2), "epochs")]
)
def test_one_that_is_long_or_may_be_is_compiled_if_that_is_faster(
    length: int | Duration, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed(monkeypatch, lambda choice: 0.1 if choice.compile else 1.0)
    assert tune(trial({"compile"}, length), Choice(None, 1), lambda _: None).compile is True


def test_where_nothing_can_compile_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)

    def step(self: Trial, choice: Choice) -> Callable[[], None]:
        def refuse() -> None:
            raise DeviceError("no compiler")

        return refuse if choice.compile else clock.step(1.0)

    monkeypatch.setattr(Trial, "step", step)
    said: list[str] = []
    assert tune(trial({"compile"}, 1000), Choice(None, 1), said.append).compile is False
    assert said == ["tune: not compiled: no compiler"]


def test_a_step_is_one_of_the_real_net() -> None:
    before = torch.get_num_threads()
    try:
        trial({"threads"}).step(Choice(channels_last=True, threads=1))()
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_a_run_records_its_choice_and_a_resumed_one_repeats_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    calls: list[Any] = []

    def choose(trial: Trial, given: Choice, say: Callable[[str], None]) -> Choice:
        calls.append(trial.free)
        return Choice(channels_last=True, threads=1)

    monkeypatch.setattr("protonet.run.job.tune", choose)
    spec = small_spec(tmp_path, max_iter=4, more="tune: auto")
    result = train(spec)
    machine = read_snapshot(result.folder / "snapshots" / "iter_4").state.machine
    assert (machine.channels_last, machine.threads, machine.compile) == (True, 1, False)
    again = train(respecified(spec, ["solver.max_iter=6"]), resume=True)
    machine = read_snapshot(again.folder / "snapshots" / "iter_6").state.machine
    assert (machine.channels_last, machine.threads, len(calls)) == (True, 1, 1)
    assert calls == [frozenset({"compile"})]  # threads are given, and there are no images


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_a_step_is_over_when_its_device_is(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[str] = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: waited.append("cuda"))
    monkeypatch.setattr(torch.mps, "synchronize", lambda: waited.append("mps"))
    tuning.wait_for(torch.device(kind))
    assert waited == [kind]


def test_the_threads_of_a_cpu_are_tried_where_it_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    timed(monkeypatch, lambda choice: float(choice.threads))
    on_mps = replace(trial({"threads"}), device="mps")
    assert tune(on_mps, Choice(None, threads=3), pytest.fail).threads == 3
