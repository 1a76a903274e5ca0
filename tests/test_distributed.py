"""Trainings of several processes, as a user starts them, against the same in one process.

Most are forked (tests/forking.py); those of two processes that are compared with one, that torchrun
starts, or whose start or end it is about, are started anew.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protonet.distributed.launch import launch
from tests.forking import ROOT, Nursery, ranks_of
from tests.small import points, small_file, write_points

pytestmark = pytest.mark.slow  # several processes
PLAIN = "net.layers.drop.dropout_ratio=0"
"""Without random numbers inside the net, which are others in each process."""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    small_file(tmp_path)


MODULE = (sys.executable, "-m", "protonet")
Train = Callable[..., int]
"""Trains in the folder that is named first, as the other words say; returns the exit code."""


def training(start: Nursery) -> Train:
    return lambda run, *words: start.run([*MODULE, "train", "small.yaml", "--run", run, *words])


def started_anew(run: str, *words: str) -> int:
    """Train as `training` does, in processes that are not forked."""
    command = [*MODULE, "train", "small.yaml", "--run", run, *words]
    return subprocess.run(command, check=False, timeout=120).returncode


@pytest.fixture
def train(nursery: Nursery) -> Train:
    return training(nursery)


def measured(run: str) -> list[dict[str, Any]]:
    """Return what was measured, without what depends on the clock."""
    rows = [json.loads(line) for line in (Path(run) / "metrics.jsonl").read_text().splitlines()]
    timed = ("images_per_second", "data_wait")
    return [{key: row[key] for key in row if key not in timed} for row in rows]


def tensors(run: str, iteration: int) -> dict[str, bytes]:
    folder = Path(run) / "snapshots" / f"iter_{iteration}"
    return {path.name: path.read_bytes() for path in folder.glob("*.safetensors")}


def assert_close(run: str, other: str) -> None:
    ours, theirs = measured(run), measured(other)
    assert len(ours) == len(theirs) > 5
    for own, expected in zip(ours, theirs, strict=True):
        assert own.keys() == expected.keys()
        for key, value in expected.items():
            if isinstance(value, float):
                assert own[key] == pytest.approx(value, rel=1e-5)
            else:
                assert own[key] == value


@pytest.mark.parametrize("count", [2, 3])
def test_the_loss_curve_is_that_of_one_process(count: int, train: Train) -> None:
    options = [
        *(PLAIN, "data.train.batch_size=10", "solver.iter_size=2", "solver.clip_gradients=0.5"),
        *("solver.weight_decay=0.01", "solver.ema=0.9"),
    ]
    assert train("one", *options) == 0
    several = started_anew if count == 2 else train
    assert several("several", *options, "--nproc", f"{count}") == 0
    assert_close("several", "one")
    # the test set's 20 records in batches of 7: a rank of three has the last, of 6
    last = [row for row in measured("several") if row["phase"] == "test"][-1]
    assert last["samples"] == 20


def test_updates_of_their_own_losses_are_those_of_one_process(train: Train) -> None:
    updates = (
        "solver.updates=[{losses: [loss], params: ['hidden*'], optimizer: {type: SGD, momentum: "
        "0.5}}, {losses: [loss], params: ['scores*'], optimizer: {type: Adam}, base_lr: 0.01}]"
    )
    assert train("one", PLAIN, updates) == 0
    assert train("two", PLAIN, updates, "--nproc", "2") == 0
    assert_close("two", "one")


def test_a_resumed_run_ends_as_the_undisturbed_one_to_the_bit(train: Train) -> None:
    options = ("solver.type=Adam", "solver.ema=0.9", "--nproc", "2")  # with dropout
    assert train("whole", *options) == 0
    assert train("cut", *options, "solver.max_iter=4") == 0
    assert train("cut", *options, "--resume") == 0
    assert tensors("cut", 10) == tensors("whole", 10)
    assert tensors("whole", 10).keys() == {"weights.safetensors", "state.safetensors"}


def test_any_number_of_processes_goes_on(train: Train, capfd: pytest.CaptureFixture[str]) -> None:
    assert train("one", PLAIN) == 0
    assert train("some", PLAIN, "solver.max_iter=4", "--nproc", "3") == 0
    assert train("some", PLAIN, "solver.max_iter=8", "--resume") == 0
    assert train("some", PLAIN, "--resume", "--nproc", "2") == 0
    out = capfd.readouterr().out
    assert "note: the number of processes was 3, now 1" in out
    assert "note: the number of processes was 1, now 2" in out
    ours = [row["loss"] for row in measured("some") if row["phase"] == "train"]
    theirs = [row["loss"] for row in measured("one") if row["phase"] == "train"]
    assert ours == pytest.approx(theirs, rel=1e-5)


def test_what_is_not_finite_in_one_process_stops_all(
    train: Train, capfd: pytest.CaptureFixture[str]
) -> None:
    strange = {name: array.copy() for name, array in points(60, 1).items()}
    np.asarray(strange["data"])[54] = np.nan  # of 48 … 55, rank 1 has 52 … 55
    write_points(Path("strange.lmdb"), train=strange, test=points(20, 2))
    words = ("data.train.source=strange.lmdb/train", "data.train.shuffle=false")
    assert train("run", *words, "--nproc", "2") == 1
    captured = capfd.readouterr()
    assert captured.err.startswith(
        "error: iteration 6: in rank 1 of 2: the input data is not finite (record 54 of data.train,"
        " of 4 in the batch); loss nan, lr 0.1, gradient norm nan ("
    )
    assert captured.err.count("\n") == 1
    assert (Path("run") / "rank_1" / "replay_iter_6" / "replay.json").is_file()


def started(
    nursery: Nursery | None, act: Callable[[int, Mapping[int, int]], None]
) -> tuple[int, str]:
    """Start a long training of two processes, do something to it once it has a snapshot, and see
    how it ends.

    Args:
        nursery: forks them; None: they are started anew.
        act: is handed the process that was started, and those of the ranks.

    Returns: the exit code, and what was said.
    """
    command = [*MODULE, "train", "small.yaml", "--run", "run", "--nproc", "2", *ENDLESS]
    with Path("said").open("wb") as said, Path("shown").open("wb") as shown:
        one = (
            subprocess.Popen(command, stdout=shown, stderr=said)
            if nursery is None
            else nursery.start(command, shown.fileno(), said.fileno())
        )
        try:
            while not list(Path().glob("run/snapshots/iter_*/state.json")):
                assert one.poll() is None, Path("said").read_text()
                time.sleep(0.02)
            act(one.pid, ranks_of(Path()))
            code = one.wait(timeout=120)
        finally:
            one.kill()
            one.wait(timeout=20)
    return code, Path("said").read_text()


ENDLESS = ("solver.max_iter=1000000", "solver.display=0", "solver.test_interval=0")
AGAIN = f"protonet train small.yaml {' '.join(ENDLESS)} --resume --run run --nproc 2"


@pytest.mark.parametrize("rank", [0, 1])
def test_a_process_that_dies_ends_the_training_with_one_message(
    rank: int, nursery: Nursery
) -> None:
    code, said = started(nursery, lambda _, ranks: os.kill(ranks[rank], signal.SIGKILL))
    assert code == 1
    assert said == (
        f"error: rank {rank} of 2 was ended by SIGKILL, as the system does where memory is short; "
        f"go on from the last snapshot with: {AGAIN}\n"
    )
    assert ranks_of(Path()) == {}


def test_a_signal_stops_all_after_one_snapshot(nursery: Nursery) -> None:
    code, said = started(nursery, lambda pid, _: os.kill(pid, signal.SIGTERM))
    assert code == 143
    newest = max(
        int(path.name.removeprefix("iter_")) for path in Path().glob("run/snapshots/iter*")
    )
    assert said == (
        f"stopped by SIGTERM after {newest} iterations, with a snapshot; go on with: {AGAIN}\n"
    )
    assert ranks_of(Path()) == {}


def test_killed_at_any_moment_two_processes_end_with_the_same_bits(
    nursery: Nursery, capfd: pytest.CaptureFixture[str]
) -> None:
    """At one moment a process is killed, at the other both; scripts/kill does it more often."""
    code = nursery.run([sys.executable, "-m", "tests.killing_processes", "2", "Adam"])
    captured = capfd.readouterr()
    assert (code, captured.err) == (0, ""), captured.out
    assert captured.out.startswith("Adam        2 kills of two processes  0 runs ended otherwise")


def test_torchrun_starts_anew_and_goes_on_from_the_last_snapshot(tmp_path: Path) -> None:
    run = str(tmp_path / "run")
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command += ["--max-restarts", "1", "--master-port", "0", "--rdzv-backend", "c10d"]
    command += ["--rdzv-endpoint", "127.0.0.1:0", "-m", "--", "protonet", "train", "small.yaml"]
    command += [PLAIN, "--run", run, "--resume", "solver.max_iter=1000", "solver.snapshot=50"]
    command += ["solver.display=1000", "solver.test_interval=0"]
    environment = {**os.environ, "GLOO_SOCKET_IFNAME": "lo"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as one:
        try:
            while not list(Path(run).glob("snapshots/iter_*/state.json")):
                assert one.poll() is None, one.communicate()
                time.sleep(0.02)
            os.kill(ranks_of(tmp_path)[1], signal.SIGKILL)
            _, said = one.communicate(timeout=200)
        finally:
            one.kill()
    assert one.returncode == 0, said
    log = Path(run, "log.txt").read_text()
    assert "resumed from the snapshot after " in log
    assert (Path(run) / "snapshots" / "iter_1000").is_dir()


SLOW = """
import sys, time
from protonet.run import evaluator
from protonet.cli import main
original = evaluator._heeding
def slow(batches, heed, rounds):
    for batch in original(batches, heed, rounds):
        open("testing", "w").close()
        time.sleep(0.3)
        yield batch
evaluator._heeding = slow  # in the processes too, which are forked from this one
sys.exit(main(sys.argv[1:]))
"""


def test_a_signal_cuts_a_test_of_all_processes_short(nursery: Nursery) -> None:
    """The test has ten batches for each of two processes, of 0.3 s each."""
    words = ["train", "small.yaml", "--run", "run", "--nproc", "2", "data.test.batch_size=1"]
    words += ["solver.test_initialization=false"]
    with Path("said").open("wb") as said:
        one = nursery.start([sys.executable, "-c", SLOW, *words], err=said.fileno())
        try:
            while not Path("testing").exists():
                assert one.poll() is None, Path("said").read_text()
                time.sleep(0.02)
            one.send_signal(signal.SIGTERM)
            assert one.wait(120) == 143
        finally:
            one.kill()
    assert "stopped by SIGTERM after 4 iterations, with a snapshot" in Path("said").read_text()
    state = json.loads(Path("run/snapshots/iter_4/state.json").read_text())
    assert "owes_test" in json.dumps(state)
    assert not [row for row in measured("run") if row["phase"] == "test"]


@pytest.mark.parametrize("words", [(), ("solver.test_iter=3",)])
def test_a_test_of_several_processes_counts_what_one_counts(
    words: tuple[str, ...],
    train: Train,
    nursery: Nursery,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert train("run", PLAIN) == 0
    capfd.readouterr()
    said = []
    for count in ("1", "2", "3"):
        command = [*MODULE, "test", "small.yaml", "--weights", "run", "--nproc", count, *words]
        assert nursery.run(command) == 0
        said.append(capfd.readouterr().out)
    assert said[0].splitlines()[0] == "weights from run: 4 of 4 parameters loaded"
    assert said == [said[0]] * 3


def test_a_process_replays_its_own_random_numbers(
    train: Train, nursery: Nursery, capfd: pytest.CaptureFixture[str]
) -> None:
    strange = {name: array.copy() for name, array in points(60, 1).items()}
    np.asarray(strange["data"])[54] = 3e38  # times a weight of 5 it is infinite, unless dropped
    write_points(Path("strange.lmdb"), train=strange, test=points(20, 2))
    words = ("data.train.source=strange.lmdb/train", "data.train.shuffle=false")
    assert train("run", *words, "--nproc", "2") == 1
    (folder,) = Path("run").glob("**/replay_iter_6")
    assert json.loads((folder / "replay.json").read_text())["replay"]["rank"] == 1
    capfd.readouterr()
    assert nursery.run([*MODULE, "replay", str(folder)]) == 0
    assert "reproduced" in capfd.readouterr().out


def test_processes_end_when_what_started_them_is_killed() -> None:
    code, _ = started(None, lambda pid, _: os.kill(pid, signal.SIGKILL))
    assert code == -signal.SIGKILL
    while ranks_of(Path()):
        time.sleep(0.05)
    log = Path("run", "log.txt").read_text()
    assert "snapshot" in log.splitlines()[-1]


NOTHING_LEFT = """
import pathlib, sys
from protonet.distributed.group import joined
with joined() as group:
    assert group.gathered(group.rank) == [0, 1]
    import torch._dynamo  # which imports what would keep the group
names = [path.read_text() for path in pathlib.Path("/proc/self/task").glob("*/comm")]
sys.exit(any("gloo" in name or "tcpstore" in name for name in names))
"""


def test_a_group_that_has_ended_leaves_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    assert launch([sys.executable, "-c", NOTHING_LEFT], 2, "") == 0


def test_a_wrong_spec_is_told_once(train: Train, capfd: pytest.CaptureFixture[str]) -> None:
    assert train("run", "--nproc", "2", "net.layers.hidden.num_output=x") == 2
    assert capfd.readouterr().err.count("1 error in small.yaml") == 1
    assert not Path("run").exists()
