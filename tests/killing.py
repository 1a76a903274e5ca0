"""Kills runs at chosen moments, has them resumed, and compares how they end with one that was left
alone: `python -m tests.killing COUNT RULE …`. Runs are forked from this process, which has imported
everything: each costs a fraction of a second, and this process must not compute with more than one
thread."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from protonet.cli import main
from protonet.hooks.hook import Step
from protonet.snapshot import Snapshots, read_snapshot, writer
from protonet.solver import Solver
from tests.run.test_sets import write_images

ITERATIONS = 60
SPEC = """\
name: killed
data:
  train: {{source: images.lmdb, batch_size: 8, shuffle: true,
          transform: {{crop_size: 10, mirror: true, mean: dataset, scale: 0.01}}}}
  test: {{source: images.lmdb, batch_size: 50,
         transform: {{crop_size: 10, mean: dataset, scale: 0.01}}}}
net:
  inputs: {{data: [3, 10, 10], label: {{shape: [], dtype: int64}}}}
  layers:
    - {{name: conv, type: Convolution, num_output: 6, kernel_size: 3, weight_filler: msra}}
    - {{name: bn, type: BatchNorm}}
    - {{name: scale, type: Scale, bias_term: true}}
    - {{name: pool, type: Pooling, kernel_size: 2, stride: 2}}
    - {{name: drop, type: Dropout}}
    - {{name: ip, type: InnerProduct, num_output: 4, weight_filler: xavier}}
    - {{name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}}
    - {{name: accuracy, type: Accuracy, bottom: [ip, label], phase: test}}
solver: {{{rule}, iter_size: 2, max_iter: 60, display: 1, average_loss: 7, test_interval: 20,
         snapshot: 10, random_seed: 5, threads: 1}}
"""
RULES = MappingProxyType(
    {
        "SGD": "base_lr: 0.05, momentum: 0.9, weight_decay: 0.001, clip_gradients: 2, "
        "lr_policy: {type: inv, gamma: 0.01, power: 0.75}",
        "Adam": "type: Adam, base_lr: 0.01, momentum: 0.9, momentum2: 0.999",
        "AdamW+EMA": "optimizer: {type: optim.AdamW, weight_decay: 0.1}, base_lr: 0.01, ema: 0.99, "
        "lr_policy: {type: lr_scheduler.CosineAnnealingLR, T_max: 60}",
    }
)
_TIMED = frozenset({"images_per_second", "data_wait"})
_CLOCKED = {"seconds", "lengths"}
"""What a clock decides: in a measurement, and in the state of a snapshot."""


@dataclass(frozen=True, slots=True)
class Point:
    """A moment at which a run is killed.

    Attributes:
        step: the iteration; None: inside the writing of a snapshot.
        number: seconds after the step began; or which of the calls that touch the disk.
    """

    step: int | None
    number: float

    def __str__(self) -> str:
        if self.step is None:
            return f"before call {self.number:.0f} to the disk"
        return f"{self.number * 1e3:.1f} ms into iteration {self.step}"


class Calls:
    """Counts the calls with which snapshots, and what must precede them, are put on the disk.

    Args:
        killed_at: the number of the call before which the process is killed; 0 for none.
    """

    def __init__(self, killed_at: int = 0) -> None:
        self.made, self._killed_at, self._lock = 0, killed_at, threading.Lock()
        for owner, name in (
            (os, "fsync"),
            (Path, "rename"),
            (Path, "mkdir"),
            (shutil, "rmtree"),
            (writer._Writing, "_heed"),
        ):
            setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            with self._lock:
                self.made += 1
                if self.made == self._killed_at:
                    os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **named)

        return counted


def prepare(rule: str) -> None:
    """Write the data and the spec into the current folder."""
    pixels = np.random.default_rng(0).integers(0, 256, (120, 3, 12, 12), dtype=np.uint8)
    write_images(Path("images.lmdb"), pixels, classes=4)
    Path("spec.yaml").write_text(SPEC.format(rule=RULES[rule]))


def points(count: int, calls: int, seed: int) -> list[Point]:
    """Draw moments: every third inside the writing of a snapshot.

    Args:
        count: moments.
        calls: to the disk, that a run makes.
        seed: they follow from it.
    """
    draw = random.Random(seed)
    return [
        Point(None, draw.randint(1, calls))
        if place % 3 == 2
        else Point(draw.randrange(ITERATIONS), draw.random() * 0.004)
        for place in range(count)
    ]


def train(run: str, point: Point | None = None) -> int:
    """Start or resume a run in a process of its own; return how that ended, as `os.waitpid` does.

    Args:
        run: its folder.
        point: where it is killed, if it gets there.
    """
    process = os.fork()
    if process:
        return os.waitpid(process, 0)[1]
    code = 70
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if point is not None:
            _arm(point)
        code = main(["train", "spec.yaml", "--resume", "--run", run])
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def calls_of(run: str) -> int:
    """Train in a process of its own, and return the number of calls to the disk."""
    reader, other = os.pipe()
    process = os.fork()
    if not process:
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            calls = Calls()
            main(["train", "spec.yaml", "--run", run])
            os.write(other, str(calls.made).encode())
        finally:
            os._exit(0)
    os.close(other)
    os.waitpid(process, 0)
    with os.fdopen(reader) as file:
        return int(file.read())


def _warm_up(rule: str) -> None:
    """Train here, elsewhere, for all that is imported when it is first needed."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        prepare(rule)
        with contextlib.redirect_stdout(io.StringIO()):
            if main(["train", "spec.yaml", "--run", "warm"]):
                raise RuntimeError("the run that is left alone failed")


def _arm(point: Point) -> None:
    if point.step is None:
        Calls(int(point.number))
        return
    original = Solver.step

    def step(self: Solver) -> Step:
        if self.iteration == point.step:
            threading.Timer(point.number, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return original(self)

    Solver.step = step  # type: ignore[method-assign]


def differences(one: str, other: str) -> Iterator[str]:
    """Yield how two finished runs differ; nothing if not at all, but for what a clock decides."""
    place = f"snapshots/iter_{ITERATIONS}"
    left, right = read_snapshot(Path(one, place)), read_snapshot(Path(other, place))
    for kind in ("weights", "optimizer"):
        yield from _unlike(getattr(left, kind), getattr(right, kind))
    states = [snapshot.state.model_dump(exclude=_CLOCKED) for snapshot in (left, right)]
    yield from (key for key, value in states[0].items() if value != states[1][key])
    if _rows(one) != _rows(other):
        yield "metrics.jsonl"
    if Snapshots(Path(one, "snapshots")).iterations() != (
        Snapshots(Path(other, "snapshots")).iterations()
    ):
        yield "the snapshots that are kept"
    yield from (entry.name for entry in Path(other, "snapshots").glob(".*"))


def _unlike(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> Iterator[str]:
    yield from one.keys() ^ other.keys()
    for name in one.keys() & other.keys():
        if not torch.equal(one[name], other[name]):
            yield name


def _rows(run: str) -> list[dict[str, Any]]:
    lines = Path(run, "metrics.jsonl").read_text().splitlines()
    return [
        {key: value for key, value in json.loads(line).items() if key not in _TIMED}
        for line in lines
    ]


@dataclass(slots=True)
class Tally:
    """What came of the kills of one update rule.

    Attributes:
        kills: runs that were killed, at a step and inside the writing of a snapshot.
        wrong: for each moment at which a resumed run did not end as the one that was left alone,
            how it differs.
    """

    kills: list[int] = field(default_factory=lambda: [0, 0])
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def kill(self, point: Point) -> None:
        """Kill a run at a moment, resume it, and see how it ends."""
        shutil.rmtree("cut", ignore_errors=True)
        self._killed(point)
        self._finish(str(point))

    def kill_often(self, chosen: list[Point]) -> None:
        """Kill one run at all moments that lie in a step, resuming it each time, and see how it
        ends."""
        shutil.rmtree("cut", ignore_errors=True)
        in_steps = [(point.step, point) for point in chosen if point.step is not None]
        for _, point in sorted(in_steps, key=lambda pair: pair[0]):  # each resume reaches the next
            self._killed(point)
        self._finish("at all moments")

    def _killed(self, point: Point) -> None:
        status = train("cut", point)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            self.kills[point.step is None] += 1
        elif status:
            self.wrong[str(point)] = [f"ended by itself with {status}"]

    def _finish(self, moment: str) -> None:
        status = train("cut")
        found = [f"not resumed: {status}"] if status else list(differences("alone", "cut"))
        if found:
            self.wrong[moment] = found


def killed(rule: str, count: int, seed: int = 0) -> Tally:
    """Kill runs of an update rule at so many moments, and then one at each of those in a step."""
    torch.set_num_threads(1)
    _warm_up(rule)
    prepare(rule)
    if train("alone"):
        raise RuntimeError("the run that is left alone failed")
    tally = Tally()
    chosen = points(count, calls_of("counted"), seed)
    for point in chosen:
        tally.kill(point)
    tally.kill_often(chosen)
    return tally


def report(rule: str, count: int) -> int:
    """Kill runs in a folder of their own, write what came of it, and return the exit code."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        tally = killed(rule, count)
    lines = [f"  killed {moment}: {', '.join(found)}" for moment, found in tally.wrong.items()]
    steps, writes = tally.kills
    lines.append(
        f"{rule:9}  {steps:3} kills in a step  {writes:3} inside a snapshot  "
        f"{len(tally.wrong)} runs ended otherwise  {time.monotonic() - begun:.0f} s"
    )
    sys.stdout.write("\n".join(lines) + "\n")
    return int(bool(tally.wrong))


if __name__ == "__main__":
    sys.exit(max([report(one, int(sys.argv[1])) for one in sys.argv[2:] or RULES]))
