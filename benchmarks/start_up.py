"""Seconds from the command `protonet train configs/mnist.yaml` to the end of the first iteration.

usage: PROTONET_DATA=../shared/reference/data python benchmarks/start_up.py [--rounds 7]

Measured in turn with `import torch` in a process of its own; the data are converted before. What
the command does until then: read and check the spec, build the net, open the data, make the run
directory, test the untrained net on the whole test set (`test_initialization`), one update. The
second line leaves that test out.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEC = str(ROOT / "configs" / "mnist.yaml")
STOP_AFTER_FIRST = """
import os, sys
from protonet.cli import main
import protonet.solver
step = protonet.solver.Solver.step
def first(self):
    step(self)
    os._exit(0)
protonet.solver.Solver.step = first
main(sys.argv[1:])
"""


def seconds(arguments: list[str]) -> float:
    """Return how long a fresh interpreter takes."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - began


def first_iteration(*changes: str) -> float:
    """Return the seconds to the end of the first iteration."""
    with tempfile.TemporaryDirectory() as folder:
        run = os.path.join(folder, "run")
        return seconds(["-c", STOP_AFTER_FIRST, "train", SPEC, "--run", run, *changes])


def main() -> None:
    """Measure in turn, and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    first_iteration()  # converts the data, and fills the page cache
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        for what, measured in (
            ("import torch", seconds(["-c", "import torch"])),
            ("first iteration, after a test", first_iteration()),
            ("first iteration", first_iteration("solver.test_initialization=false")),
            ("protonet --help", seconds(["-m", "protonet", "--help"])),
        ):
            times.setdefault(what, []).append(measured)
    torch = statistics.median(times["import torch"])
    for what, found in times.items():
        median = statistics.median(found)
        print(f"{what:30s} {median:5.2f} s   import torch + {median - torch:5.2f} s")


if __name__ == "__main__":
    main()
