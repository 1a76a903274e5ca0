"""Trainings whose parameters two or three processes share out, against those in which each has all
of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.forking import ROOT, Nursery
from tests.small import small_file
from tests.test_distributed import (
    PLAIN,
    Train,
    assert_close,
    measured,
    started_anew,
    tensors,
    training,
)

pytestmark = pytest.mark.slow  # several processes
SHARED = ("solver.parallel=fsdp", "--nproc", "2")
WHOLE = ("--nproc", "2")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    small_file(tmp_path)


@pytest.fixture
def train(nursery: Nursery) -> Train:
    return training(nursery)


def assert_saved_alike(run: str, other: str) -> None:
    """Compare the last snapshots, number by number."""
    for name in ("weights", "state"):
        ours, theirs = (
            load_file(Path(one, "snapshots", "iter_10", f"{name}.safetensors"))
            for one in (run, other)
        )
        assert ours.keys() == theirs.keys()
        for key, expected in theirs.items():
            torch.testing.assert_close(ours[key], expected, rtol=1e-5, atol=1e-6)


OPTIONS = {
    "all at once": (
        *(PLAIN, "data.train.batch_size=10", "solver.iter_size=2", "solver.clip_gradients=0.5"),
        *("solver.weight_decay=0.01", "solver.ema=0.9", "solver.checkpoint=[hidden,relu]"),
    ),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_losses_and_snapshots_are_those_of_whole_parameters(name: str, train: Train) -> None:
    assert train("whole", *OPTIONS[name], *WHOLE) == 0
    assert train("shared", *OPTIONS[name], *SHARED) == 0
    assert_close("shared", "whole")
    assert_saved_alike("shared", "whole")


def test_snapshots_go_on_under_either_with_any_number_of_processes(
    train: Train, capfd: pytest.CaptureFixture[str]
) -> None:
    assert train("one", PLAIN) == 0
    assert train("some", PLAIN, "solver.max_iter=3", *SHARED) == 0
    assert train("some", PLAIN, "solver.max_iter=5", *WHOLE, "--resume") == 0
    assert train("some", PLAIN, "solver.max_iter=7", "solver.parallel=fsdp", "--resume") == 0
    assert train("some", PLAIN, "solver.parallel=fsdp", "--nproc", "3", "--resume") == 0
    out = capfd.readouterr().out
    assert "note: solver.parallel was fsdp, is not given" in out
    assert "note: solver.parallel was not given, is fsdp" in out
    assert "note: the number of processes was 1, now 3" in out
    ours, theirs = (
        [row["loss"] for row in measured(run) if row["phase"] == "train"] for run in ("some", "one")
    )
    assert ours == pytest.approx(theirs, rel=1e-5)


def test_a_resumed_run_ends_as_the_undisturbed_one_to_the_bit(train: Train) -> None:
    options = ("solver.type=Adam", "solver.ema=0.9", *SHARED)  # with dropout
    assert train("whole", *options) == 0
    assert train("cut", *options, "solver.max_iter=4") == 0
    assert train("cut", *options, "--resume") == 0
    assert tensors("cut", 10) == tensors("whole", 10)


def test_every_rule_does_to_the_parts_what_it_does_to_the_whole(nursery: Nursery) -> None:
    assert nursery.run([sys.executable, "-m", "tests.sharing", "rules"]) == 0


def test_each_process_holds_its_part_of_weights_and_what_is_remembered() -> None:
    """Adam remembers two numbers of each of the 1,000,013 weights, float32 as they are. These
    processes are not forked: they end as Python does, with the group's threads gone."""
    command = [sys.executable, "-m", "tests.sharing", "memory"]
    assert subprocess.run(command, check=False, timeout=120).returncode == 0
    held = [json.loads(Path(f"held_{rank}.json").read_text()) for rank in range(2)]
    whole = 3 * 4 * 1_000_013
    assert [one["ddp"] for one in held] == pytest.approx([whole] * 2, rel=0.001)
    # of 100,001 rows the first has one more, and of the three rows of `scores` two; torch pads the
    # parameter of the other to as many
    first = 3 * 4 * (7 * 50_001 + 2 * 100_001 + 2)
    second = whole - first + 4 * 100_001
    assert [one["fsdp"] for one in held] == pytest.approx([first, second], rel=0.001)


@pytest.mark.gpu
def test_gpus_share_parameters_out_too() -> None:
    """Not forked: GPUs do not mix with that."""
    count = str(min(torch.cuda.device_count(), 2))
    options = (PLAIN, "solver.device=cuda", "solver.ema=0.9", "solver.clip_gradients=0.5")
    assert started_anew("whole", *options, "--nproc", count) == 0
    assert started_anew("shared", *options, "solver.parallel=fsdp", "--nproc", count) == 0
    assert_close("shared", "whole")
    assert_saved_alike("shared", "whole")
