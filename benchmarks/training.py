"""What the benchmarks of training share: the command and its peers in turn, and the table."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "benchmarks" / "peers"
PROTONET = "protonet"
_WARM_UP = 2
"""Displays at the beginning that are not counted: the first comes before any window."""

Measure = Callable[[], float]
"""Gives images/s, in a process of its own."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long a measurement is.

    Attributes:
        iterations: that are counted.
        display: iterations between two lines; as many come first and are not counted.
        whole: iterations of a training of which only so many are made, for what depends on how long
            a training will take; None: it ends there.
    """

    iterations: int
    display: int = 100
    whole: int | None = None

    @property
    def lines(self) -> int:
        """Lines of what is not counted and of what is; the first is that of iteration 0."""
        return 1 + (self.display + self.iterations) // self.display

    def changes(self) -> list[str]:
        """Return what makes a spec train for so long, with display, log and TensorBoard on."""
        end = self.whole or self.display + self.iterations + 1
        return [f"solver.max_iter={end}", f"solver.display={self.display}"]


def trained(spec: Path, length: Length, changes: Sequence[str] = ()) -> float:
    """Return images/s of `protonet train`; say what `tune` found, where it is asked for."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [sys.executable, "-m", "protonet", "train", str(spec), "--run", str(run)]
        command += [*length.changes(), *changes]
        if length.whole is None:
            succeed(command)
        else:
            _begin(command, run, length.lines)
        rows = _rows(run)
        log = (run / "log.txt").read_text().splitlines()
    for line in log:
        if "tune: " in line:
            print("   ", line)
    speeds = [float(row["images_per_second"]) for row in rows[_WARM_UP : length.lines]]
    return float(statistics.harmonic_mean(speeds))  # windows of equal length


def _rows(run: Path) -> list[dict[str, Any]]:
    """Return the lines of the training set that a run has written so far."""
    file = run / "metrics.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    rows = [json.loads(line) for line in lines if line.endswith("}")]
    return [row for row in rows if row["phase"] == "train"]


def _begin(command: Sequence[str], run: Path, lines: int) -> None:
    """Let a training run until it has written so many lines, then stop it as a person would."""
    null, pipe = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(command, stdout=null, stderr=pipe, text=True, cwd=ROOT) as process:
        while process.poll() is None and len(_rows(run)) < lines:
            time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate()
    if len(_rows(run)) < lines:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{told[-2000:]}")


def peer(script: str, name: str, iterations: int, *more: str) -> float:
    """Return images/s of a peer; `script` is a file of `benchmarks/peers`."""
    command = [sys.executable, str(PEERS / script), name, "--iterations", str(iterations), *more]
    return float(succeed(command).split()[-2])


def with_threads(threads: int | None) -> list[str]:
    """Give the peers so many threads, all cores where none are asked for; return what gives them to
    protonet."""
    if threads is None:
        return []
    os.environ["OMP_NUM_THREADS"] = str(threads)
    return [f"solver.threads={threads}"]


def succeed(command: Sequence[str]) -> str:
    """Run a command; return what it printed, or end with what it complained of."""
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def in_turn(measures: Mapping[str, Measure], rounds: int) -> dict[str, float]:
    """Measure all, one after the other, so many times; print each round, return the medians."""
    found: dict[str, list[float]] = {name: [] for name in measures}
    for number in range(1, rounds + 1):
        for name, measure in measures.items():
            found[name].append(measure())
        shown = "  ".join(f"{name} {speeds[-1]:,.0f}" for name, speeds in found.items())
        print(f"round {number}: {shown}", flush=True)
    return {name: statistics.median(speeds) for name, speeds in found.items()}


def print_medians(medians: Mapping[str, float], recorded: Mapping[str, float] = {}) -> None:
    """Print images/s, and how many times as fast protonet is.

    Args:
        medians: by name; those whose names begin with `protonet` are ours.
        recorded: figures of others that were measured elsewhere.
    """
    ours = {name: speed for name, speed in medians.items() if name.startswith(PROTONET)}
    print(f"\n{'medians':28s} {'images/s':>9s}" + "".join(f"   {name} is" for name in ours))
    for name, speed in {**medians, **recorded}.items():
        print(f"{name:28s} {speed:9,.0f}{''.join(_ratios(ours, name, speed))}".rstrip())


def _ratios(ours: Mapping[str, float], name: str, speed: float) -> Iterator[str]:
    for own, fast in ours.items():
        shown = "" if name in ours else f"{fast / speed:.2f} x"
        yield f"{shown:>{len(own) + 6}s}"


def print_best(medians: Mapping[str, float], kind: str, wanted: float) -> None:
    """Print how protonet compares with the fastest of some peers.

    Args:
        medians: by name.
        kind: what the names of those peers begin with.
        wanted: the ratio that is to be reached.
    """
    peers = {name: speed for name, speed in medians.items() if name.startswith(kind)}
    if not peers:
        return
    best = max(peers, key=peers.__getitem__)
    for name, speed in medians.items():
        if name.startswith(PROTONET):
            ratio = speed / peers[best]
            verdict = "reached" if ratio >= wanted else "not reached"
            print(f"{name}: {ratio:.3f} x {best}; wanted {wanted:.2f}: {verdict}")
