from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from protonet.cli import main
from protonet.hooks.hook import Step
from protonet.run.train import Result, TrainOptions
from protonet.schema import Spec
from protonet.snapshot import format as snapshot_format
from protonet.snapshot import read_snapshot
from protonet.snapshot.tensor_file import write_tensors
from protonet.solver import Solver
from tests.small import small_file

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_last_line_is_the_result(tmp_path: Path, capsys: Capture) -> None:
    path = small_file(tmp_path)
    assert main(["train", str(path)]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert printed.err == ""
    assert lines[-1].startswith("test: accuracy 0.")
    assert lines[-2] == f"iteration 10  {lines[-1]}"
    assert lines[-1] == Path("runs/small/1/log.txt").read_text().splitlines()[-1]


def test_resume_ends_with_the_result_however_often_it_is_repeated(
    tmp_path: Path, capsys: Capture
) -> None:
    path = str(small_file(tmp_path))
    results = []
    for _ in range(3):
        assert main(["train", path, "--resume"]) == 0
        results.append(capsys.readouterr().out.splitlines()[-1])
    assert len(set(results)) == 1
    assert [entry.name for entry in Path("runs/small").iterdir()] == ["1"]


@pytest.mark.parametrize(
    ("words", "after"),
    [
        (["small.yaml", "--resume", "solver.max_iter=12"], 10),  # no PATH, but an override
        (["--resume", "small.yaml", "solver.max_iter=12"], 10),  # nor is this one
        (["--resume", "a/snapshots/iter_8", "solver.max_iter=12"], 8),
        (["solver.max_iter=12", "--resume", "a/snapshots/iter_8"], 8),
        (["small.yaml", "--resume", "a/snapshots/iter_4", "solver.max_iter=12"], 4),
        (["small.yaml", "solver.max_iter=12", "--resume", "a"], 10),
    ],
)
def test_a_resume_goes_on_with_what_is_named(
    words: list[str], after: int, tmp_path: Path, capsys: Capture
) -> None:
    small_file(tmp_path)
    assert main(["train", "small.yaml", "--run", "a"]) == 0
    capsys.readouterr()
    own = [] if any(word.startswith("a") for word in words) else ["--run", "a"]
    assert main(["train", *words, *own]) == 0
    out = capsys.readouterr().out
    assert f"resumed from the snapshot after {after} iterations\n" in out
    kept = "and the measurements until then are kept in a/aside/1" in out
    assert kept == (after < 10)
    assert Path("a/snapshots/iter_12").is_dir()


def test_weights_are_named_on_the_command_line(tmp_path: Path, capsys: Capture) -> None:
    path = str(small_file(tmp_path))
    assert main(["train", path, "--run", "a"]) == 0
    assert main(["train", path, "--run", "b", "--weights", "a, a/snapshots/iter_4"]) == 0
    out = capsys.readouterr().out
    assert "weights from a: 4 of 4 parameters loaded\n" in out
    assert "weights from a/snapshots/iter_4: 4 of 4 parameters loaded\n" in out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["gone.yaml"], 2, "error: gone.yaml: no such file\n"),
        (
            ["small.yaml", "--weights", "gone.npz"],
            2,
            "error: gone.npz: there is no such file\n",
        ),
        (
            ["small.yaml", "solver.device=cuda:7"],
            1,
            "error: solver.device cuda:7: this machine, or this build of torch, has no CUDA "
            "device; try device: auto\n",
        ),
        (
            ["small.yaml", "--run", "points.lmdb"],
            2,
            "error: points.lmdb: holds something already; name an empty folder, or go on with the "
            "run that is in it: --resume\n",
        ),
        (
            ["--resume"],
            2,
            "error: name the SPEC to train, or the run to go on with: --resume runs/NAME/1\n",
        ),
        (
            ["--resume", "gone"],
            2,
            "error: gone: neither a run nor a snapshot of one; name a folder such as runs/NAME/1 "
            "or runs/NAME/1/snapshots/iter_500\n",
        ),
    ],
)
def test_what_cannot_be_trained_is_one_message(
    words: list[str],
    code: int,
    message: str,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    small_file(tmp_path)
    assert main(["train", *words]) == code
    assert capsys.readouterr().err == message


def test_a_run_that_was_named_is_gone_on_with_by_its_folder(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_file(tmp_path)
    assert main(["train", "small.yaml", "--run", "a"]) == 0
    capsys.readouterr()
    step = Solver.step

    def pressed(self: Solver) -> Step:
        os.kill(os.getpid(), signal.SIGINT)
        return step(self)

    monkeypatch.setattr(Solver, "step", pressed)
    assert main(["train", "--resume", "a/snapshots/iter_4", "solver.base_lr=0.2"]) == 130
    assert capsys.readouterr().err == (
        "stopped by Ctrl-C after 5 iterations, with a snapshot; go on with: protonet train "
        "a/spec.yaml solver.base_lr=0.2 --resume a\n"
    )


def test_the_command_that_goes_on_has_what_the_run_was_started_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_file(tmp_path)
    told: list[str] = []

    def trained(spec: Spec, options: TrainOptions) -> Result:
        told.append(options.again)
        return Result(Path("a"), 0, {}, ())

    monkeypatch.setattr("protonet.run.train.run_training", trained)
    words = ["small.yaml", "--run", "a", "--allow-plugins", "solver.max_iter=12"]
    assert main(["train", *words]) == 0
    assert told == ["protonet train small.yaml solver.max_iter=12 --resume --run a --allow-plugins"]


def test_a_disk_that_fills_up_ends_the_run_and_costs_no_snapshot(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_file(tmp_path)
    assert main(["train", "small.yaml", "--run", "alone"]) == 0

    def full(path: Path, *arguments: object) -> str:
        if path.parent.name == ".iter_8.partial":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write_tensors(path, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(snapshot_format, "write_tensors", full)
        assert main(["train", "small.yaml", "--run", "cut"]) == 1
    assert capsys.readouterr().err.startswith(
        "error: cut/snapshots/iter_8: the snapshot cannot be written: No space left on device. "
        "The snapshots before it are whole; make room and go on with "
    )
    assert [entry.name for entry in Path("cut/snapshots").iterdir()] == ["iter_4"]
    assert main(["train", "small.yaml", "--run", "cut", "--resume"]) == 0
    one, other = (read_snapshot(Path(run, "snapshots/iter_10")).weights for run in ("alone", "cut"))
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_command_with_a_snapshot_and_the_way_on(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    small_file(tmp_path, max_iter=10_000_000)
    command = [sys.executable, "-W", "error", "-m", "protonet", "train", "small.yaml", "--run"]
    process = subprocess.Popen(
        [*command, "it's here", "solver.snapshot=0", "solver.test_interval=0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    metrics = Path("it's here/metrics.jsonl")
    deadline = time.monotonic() + 60
    while not (metrics.is_file() and metrics.stat().st_size > 1000):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)

    (snapshot,) = Path("it's here/snapshots").iterdir()
    updates = int(snapshot.name.removeprefix("iter_"))
    name = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}[number]
    assert process.returncode == code
    assert errors == (
        f"stopped by {name} after {updates} iterations, with a snapshot; go on with: "
        "protonet train small.yaml solver.snapshot=0 solver.test_interval=0 --resume --run "
        "'it'\"'\"'s here'\n"
    )


def test_overfit_says_whether_the_loss_went_down(tmp_path: Path, capsys: Capture) -> None:
    path = str(small_file(tmp_path, max_iter=200))
    quiet = ["solver.display=0", "net.layers.drop.dropout_ratio=0"]
    assert main(["train", path, "--overfit", "1", *quiet]) == 0
    result, told = capsys.readouterr().out.splitlines()
    assert result.startswith("train: accuracy 1.0000 (8/8) loss 0.")
    assert told.endswith(" on 1 batch of 8 samples in all, in 200 iterations: it went down")
    assert main(["train", path, "--overfit", "2", *quiet, "solver.base_lr=1e-9"]) == 1
    told = capsys.readouterr().out.splitlines()[-1]
    assert told.endswith(
        ": it did NOT go down. Look at base_lr, at the labels, and at the gradients: protonet "
        "gradcheck"
    )
    assert not Path("runs").exists()


@pytest.mark.parametrize("words", [["--resume"], ["--run", "a"], ["--nproc", "2"]])
def test_overfit_keeps_no_run(words: list[str], tmp_path: Path, capsys: Capture) -> None:
    path = str(small_file(tmp_path))
    assert main(["train", path, "--overfit", "1", *words]) == 2
    assert capsys.readouterr().err == (
        f"error: --overfit tries a few batches and keeps no run; leave {words[0]} out\n"
    )
