"""Kills one of two processes, or both, at chosen moments, has the run resumed, and compares how it
ends with one that was left alone."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.killing import differences, prepare

_MODULE = [sys.executable, "-m", "protonet", "train", "spec.yaml", "--resume", "--nproc", "2"]
_SHORTEST, _LONGEST = 0.0, 1.5
"""Seconds after the first measurement of a run between which it is killed."""


def ranks_of(run: str) -> dict[int, int]:
    """Return the process of each rank of a run."""
    found: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if run.encode() in words:
            found |= {int(one[5:]): int(folder.name) for one in variables if one[:5] == b"RANK="}
    return found


def killed(run: str, after: float, ranks: list[int]) -> bool:
    """Start a run, or go on with it, and kill processes of it so long after its first step; return
    whether it was still at work."""
    before = _length(run)
    with subprocess.Popen(
        [*_MODULE, "--run", run], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as job:
        while job.poll() is None and _length(run) <= before:
            time.sleep(0.005)
        time.sleep(after)
        own = ranks_of(run)
        for rank in ranks:
            if rank in own and job.poll() is None:
                os.kill(own[rank], signal.SIGKILL)
        return job.wait() != 0


def _length(run: str) -> int:
    file = Path(run, "metrics.jsonl")
    return file.stat().st_size if file.exists() else 0


def moments(count: int, seed: int) -> Iterator[tuple[float, list[int]]]:
    """Yield moments, and whom they hit: the first process, the second, both, in turn."""
    draw = random.Random(seed)
    for place in range(count):
        yield draw.uniform(_SHORTEST, _LONGEST), [[1], [0, 1], [0]][place % 3]


def report(rule: str, count: int) -> int:
    """Kill runs, write what came of it, and return the exit code."""
    prepare(rule)
    text = Path("spec.yaml").read_text()
    Path("spec.yaml").write_text(text.replace("type: Dropout", "type: Dropout, dropout_ratio: 0.2"))
    begun, kills, wrong = time.monotonic(), 0, []
    subprocess.run([*_MODULE, "--run", "alone"], check=True, stdout=subprocess.DEVNULL)
    for after, ranks in moments(count, 0):
        run = f"cut_{len(ranks)}_{kills}"
        shutil.rmtree(run, ignore_errors=True)
        kills += killed(run, after, ranks)
        done = subprocess.run([*_MODULE, "--run", run], stdout=subprocess.DEVNULL, check=False)
        found = [f"not resumed: {done.returncode}"] if done.returncode else []
        found = found or list(differences("alone", run))
        if found:
            wrong.append(f"  ranks {ranks} killed after {after:.2f} s: {', '.join(found)}\n")
    taken = time.monotonic() - begun
    sys.stdout.write("".join(wrong))
    sys.stdout.write(
        f"{rule:9} {kills:3} kills of two processes  {len(wrong)} runs ended otherwise  "
        f"{taken:.0f} s\n"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(report(sys.argv[1], int(sys.argv[2])))
