"""A run that is killed at ten moments and resumed each time ends as one that was left alone."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from protonet.snapshot import read_snapshot
from tests.run.test_sets import write_images

ROOT = Path(__file__).parents[1]
ITERATIONS = 400
SPEC = """\
name: killed
data:
  train: {source: images.lmdb, batch_size: 8, shuffle: true,
          transform: {crop_size: 10, mirror: true, mean: dataset, scale: 0.01}}
  test: {source: images.lmdb, batch_size: 50,
         transform: {crop_size: 10, mean: dataset, scale: 0.01}}
net:
  inputs: {data: [3, 10, 10], label: {shape: [], dtype: int64}}
  layers:
    - {name: conv, type: Convolution, num_output: 6, kernel_size: 3, weight_filler: msra}
    - {name: bn, type: BatchNorm}
    - {name: scale, type: Scale, bias_term: true}
    - {name: pool, type: Pooling, kernel_size: 2, stride: 2}
    - {name: drop, type: Dropout}
    - {name: ip, type: InnerProduct, num_output: 4, weight_filler: xavier}
    - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}
    - {name: accuracy, type: Accuracy, bottom: [ip, label], phase: test}
solver: {base_lr: 0.05, momentum: 0.9, weight_decay: 0.001, lr_policy: {type: inv, gamma: 0.01,
         power: 0.75}, iter_size: 2, clip_gradients: 2, max_iter: 400, display: 1, average_loss: 7,
         test_interval: 100, snapshot: 20, random_seed: 5}
"""


def start(run: str) -> subprocess.Popen[str]:
    """Start or resume a run in the current folder."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "protonet", "train", "spec.yaml", "--resume"]
        + ["--run", run],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def finish(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate(timeout=240)
    assert (process.returncode, errors) == (0, "")


def rows(run: str) -> list[dict[str, Any]]:
    """Return the whole lines of a run's metrics, without what a clock decides."""
    path = Path(run) / "metrics.jsonl"
    text = path.read_text() if path.is_file() else ""
    found = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    timed = {"images_per_second", "data_wait"}
    return [{key: row[key] for key in row.keys() - timed} for row in found]


def kill_at(process: subprocess.Popen[str], iteration: int) -> None:
    """Kill a process once its metrics reach an iteration."""
    deadline = time.monotonic() + 120
    while max((row["iteration"] for row in rows("cut")[-2:]), default=-1) < iteration:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.slow
def test_a_run_killed_at_ten_moments_ends_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (120, 3, 12, 12), dtype=np.uint8)
    write_images(tmp_path / "images.lmdb", pixels, classes=4)
    (tmp_path / "spec.yaml").write_text(SPEC)
    finish(start("alone"))

    for iteration in sorted(random.Random(0).sample(range(ITERATIONS - 20), 10)):
        kill_at(start("cut"), iteration)
    finish(start("cut"))

    alone, cut = (read_snapshot(Path(run) / "snapshots/iter_400") for run in ("alone", "cut"))
    for one, other in ((alone.weights, cut.weights), (alone.optimizer, cut.optimizer)):
        assert one.keys() == other.keys()
        assert [name for name in one if not torch.equal(one[name], other[name])] == []
    assert rows("alone") == rows("cut")
