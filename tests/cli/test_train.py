from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from protonet.cli import main
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


def test_weights_are_named_on_the_command_line(tmp_path: Path, capsys: Capture) -> None:
    path = str(small_file(tmp_path))
    assert main(["train", path, "--run", "a"]) == 0
    assert main(["train", path, "--run", "b", "--weights", "a,a/snapshots/iter_4"]) == 0
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
