"""Which hooks a run has, and what they do to it as a whole."""

from __future__ import annotations

import itertools
import json
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from protonet.errors import Interrupted
from protonet.hooks.stopwatch import Stopwatch
from protonet.hooks.ticker import Ticker
from protonet.run import evaluator
from protonet.run.hooking import interval
from protonet.run.train import train
from protonet.schema import respecified
from protonet.snapshot import read_snapshot
from protonet.spec.duration import parse
from protonet.step.objective import Batch
from tests.small import small_file, small_spec

PLATEAU = "lr_policy: {type: lr_scheduler.ReduceLROnPlateau, patience: 0, threshold: 9}"
CLOCKED = {"seconds": 0.0, "lengths": {}}
"""What a clock decides in the state of a snapshot, and the files that hold times."""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_length_in_time_is_a_clock() -> None:
    found = interval(parse("2 minutes", timed=True), Stopwatch())
    assert isinstance(found, Ticker)
    assert interval(7, Stopwatch()) == 7


def test_a_run_may_end_by_the_clock(tmp_path: Path) -> None:
    spec = small_spec(tmp_path, max_iter="0.05 seconds")
    result = train(spec)
    state = read_snapshot(result.folder / "snapshots" / f"iter_{result.iteration}").state
    assert 0 < result.iteration < 100_000
    assert state.seconds >= 0.05
    again = train(spec, resume=True)
    assert again.iteration == result.iteration  # it is complete


def test_a_run_ends_when_its_tests_no_longer_get_better(tmp_path: Path) -> None:
    more = "early_stop: {patience: 2, min_delta: 1}, best: loss"
    spec = small_spec(tmp_path, max_iter=100, more=more)
    result = train(spec)
    # the first test after training begins counts as the best, two more are waited for
    assert result.iteration == 12
    log = (result.folder / "log.txt").read_text()
    assert "iteration 12  no improvement in the last 2 tests: training stops early" in log
    assert train(spec, resume=True).iteration == 12


def test_a_plateau_lowers_the_rate_and_a_resumed_run_knows_of_it(tmp_path: Path) -> None:
    policy = "lr_policy: {type: lr_scheduler.ReduceLROnPlateau, patience: 0, threshold: 9}"
    path = small_file(tmp_path, max_iter=7, more=policy)
    often = path.read_text().replace("display: 2, test_interval: 4", "display: 1, test_interval: 2")
    path.write_text(often)
    result = train(path)
    rows = [json.loads(line) for line in (result.folder / "metrics.jsonl").read_text().splitlines()]
    rates = [row["lr"] for row in rows if row["phase"] == "train"]
    # the first test sets the mark, and none of the later ones is nine times better
    assert rates == pytest.approx([0.1] * 4 + [0.01] * 2 + [0.001])
    state = read_snapshot(result.folder / "snapshots" / "iter_4").state
    assert [len(values) for values in state.measured] == [2]


def test_the_average_of_the_weights_is_what_is_tested(tmp_path: Path) -> None:
    spec = small_spec(tmp_path, max_iter=8, more="ema: 0.9")
    result = train(spec)
    snapshot = read_snapshot(result.folder / "snapshots" / "iter_8")
    tested = snapshot.state.metrics["test"]["loss"]
    again = train(spec, resume=True)
    assert again.metrics["test"]["loss"] == tested


def press(monkeypatch: pytest.MonkeyPatch, number: signal.Signals, test: int) -> None:
    """Send this process a signal when a test of so many begins to read its second batch."""
    calls = itertools.count()
    original = evaluator._heeding

    def heeding(batches: Iterable[Batch], heed: Callable[[], None], rounds: int) -> Iterator[Batch]:
        mine = next(calls)
        for place, batch in enumerate(original(batches, heed, rounds)):
            yield batch
            if (mine, place) == (test, 0):
                os.kill(os.getpid(), number)

    monkeypatch.setattr(evaluator, "_heeding", heeding)


def measured(run: str) -> list[dict[str, object]]:
    """Return what was measured, without what a clock decides."""
    rows = [json.loads(line) for line in Path(run, "metrics.jsonl").read_text().splitlines()]
    timed = {"images_per_second", "data_wait"}
    return [{key: row[key] for key in row.keys() - timed} for row in rows]


@pytest.mark.parametrize("more", ["ema: 0.9", "early_stop: {patience: 1}", PLATEAU])
@pytest.mark.parametrize(("test", "done"), [(1, 4), (2, 8), (3, 10)])
def test_a_signal_cuts_a_test_short_and_the_resumed_run_makes_it_up(
    test: int, done: int, more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = small_spec(tmp_path, more=f"best: loss, {more}")
    alone = train(spec, run="alone")
    with monkeypatch.context() as patch:
        press(patch, signal.SIGTERM, test)
        with pytest.raises(Interrupted) as caught:
            train(spec, run="cut")
    assert caught.value.exit_code == 143
    assert str(caught.value) == (
        f"stopped by SIGTERM after {done} iterations, with a snapshot; go on with: "
        "train(…, resume=True)"
    )
    cut = read_snapshot(Path(f"cut/snapshots/iter_{done}"))
    assert (cut.state.owes_test, cut.state.metrics) == (True, {})

    resumed = train(spec, run="cut", resume=True)

    assert (resumed.iteration, resumed.metrics, resumed.lines) == (
        alone.iteration,
        alone.metrics,
        alone.lines,
    )
    assert measured("cut") == measured("alone")
    last = f"snapshots/iter_{alone.iteration}"
    one, other = (read_snapshot(Path(run, last)) for run in ("alone", "cut"))
    assert {**other.state.model_dump(), **CLOCKED} == {**one.state.model_dump(), **CLOCKED}
    for left, right in ((one.weights, other.weights), (one.optimizer, other.optimizer)):
        assert {name: value.tolist() for name, value in left.items()} == {
            name: value.tolist() for name, value in right.items()
        }


@pytest.mark.parametrize(
    ("number", "name", "code"), [(signal.SIGINT, "Ctrl-C", 130), (signal.SIGTERM, "SIGTERM", 143)]
)
def test_a_signal_in_the_first_test_ends_the_run_before_it_began(
    number: signal.Signals,
    name: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = small_spec(tmp_path)
    with monkeypatch.context() as patch:
        press(patch, number, 0)
        with pytest.raises(Interrupted) as caught:
            train(spec, run="cut")
    assert caught.value.exit_code == code
    assert str(caught.value) == (
        f"stopped by {name} before the first iteration; start again with: train(…, resume=True)"
    )
    assert list(Path("cut/snapshots").iterdir()) == []
    train(spec, run="alone")
    train(spec, run="cut", resume=True)
    assert measured("cut") == measured("alone")


def test_a_signal_that_only_asks_for_a_snapshot_leaves_a_test_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(monkeypatch, signal.SIGINT, 1)
    spec = small_spec(tmp_path, more="sigint_effect: snapshot, snapshot_keep: 9")
    result = train(respecified(spec, ["solver.snapshot=0", "solver.display=0"]))
    names = sorted(entry.name for entry in (result.folder / "snapshots").iterdir())
    assert (result.iteration, names) == (10, ["iter_10", "iter_4"])
    assert read_snapshot(result.folder / "snapshots/iter_4").state.metrics != {}
