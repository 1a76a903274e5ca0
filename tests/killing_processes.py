"""Kills one of two processes, or both, at chosen moments, has the run resumed, and compares how it
ends with one that was left alone: `python -m tests.killing_processes COUNT RULE …`. The processes
are forked from this one."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL

from tests.forked import Forked
from tests.forking import ranks_of
from tests.killing import RULES, differences, prepare

_COMMAND = [sys.executable, "-m", "protonet", "train", "spec.yaml", "--resume", "--nproc", "2"]
_LAST = 50
"""The last iteration at which a run is killed: a few are left while the kill is on its way."""
_LONGEST = 0.004
"""Seconds after the row of an iteration, at most."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When processes are killed.

    Attributes:
        row: of metrics.jsonl, from 1, that has been written.
        after: seconds since.
        ranks: who is killed.
    """

    row: int
    after: float
    ranks: tuple[int, ...]

    def __str__(self) -> str:
        return f"ranks {[*self.ranks]} killed {self.after * 1e3:.1f} ms after row {self.row}"


def moments(count: int, seed: int) -> Iterator[Moment]:
    """Yield moments, and whom they hit: the second process, both, the first, in turn."""
    draw = random.Random(seed)
    for place in range(count):
        row, after = draw.randint(1, _LAST), draw.uniform(0, _LONGEST)
        yield Moment(row, after, ((1,), (0, 1), (0,))[place % 3])


def started(run: str) -> Forked:
    """Start a run, or go on with it."""
    return Forked([*_COMMAND, "--run", run], stdout=DEVNULL, stderr=DEVNULL)


def killed(run: str, moment: Moment) -> bool:
    """Start a run and kill processes of it; return whether it was still at work."""
    job = started(run)
    while job.poll() is None and _rows(run) < moment.row:
        time.sleep(0.001)
    time.sleep(moment.after)
    own = ranks_of(Path())
    for rank in moment.ranks:
        if rank in own:
            with contextlib.suppress(ProcessLookupError):  # it has followed the other
                os.kill(own[rank], signal.SIGKILL)
    return job.wait() != 0


def _rows(run: str) -> int:
    file = Path(run, "metrics.jsonl")
    return file.read_bytes().count(b"\n") if file.exists() else 0


def report(rule: str, count: int) -> int:
    """Kill runs in a folder of their own, write what came of it, and return the exit code."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        kills, wrong = tally(rule, count)
    taken = time.monotonic() - begun
    sys.stdout.write("".join(wrong))
    sys.stdout.write(
        f"{rule:9} {kills:3} kills of two processes  {len(wrong)} runs ended otherwise  "
        f"{taken:.0f} s\n"
    )
    return int(bool(wrong))


def tally(rule: str, count: int) -> tuple[int, list[str]]:
    """Kill runs; return how many were, and how those that were resumed ended otherwise."""
    prepare(rule)
    text = Path("spec.yaml").read_text()
    Path("spec.yaml").write_text(text.replace("type: Dropout", "type: Dropout, dropout_ratio: 0.2"))
    kills, wrong = 0, []
    if started("alone").wait():
        raise RuntimeError("the run that is left alone failed")
    for moment in moments(count, 0):
        shutil.rmtree("cut", ignore_errors=True)
        kills += killed("cut", moment)
        code = started("cut").wait()
        found = [f"not resumed: {code}"] if code else list(differences("alone", "cut"))
        if found:
            wrong.append(f"  {moment}: {', '.join(found)}\n")
    return kills, wrong


if __name__ == "__main__":
    sys.exit(max([report(one, int(sys.argv[1])) for one in sys.argv[2:] or RULES]))
