"""What display, TensorBoard and snapshots cost: processor seconds of a run with and without them.

usage: PROTONET_DATA=../shared/reference/data python -m benchmarks.overhead [--rounds 7]
           [--iterations 3000] [--spec configs/mnist.yaml] [--warm-up 200] [--threads N]

The command trains the same net on the same data with none of them; with a line every 100
iterations; with TensorBoard besides, at its usual intervals; and with a snapshot every 500
iterations besides, written in the background. A display is what TensorBoard's norms and memory
follow; there are no tests, of which histograms and pictures are made, so that these are asked for
every 500 iterations. All in turn, each in a process of its own. Counted are the processor seconds
(user and system, all threads) of the steps from --warm-up to the end, with what is written when
they are over; Python's start, reading the spec and the first steps are not counted.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.training import ROOT, succeed

WANTED = 0.02
"""What all together may cost, as a share of the run."""
COUNT_FROM = """
import atexit, sys, time
import protonet.solver
from protonet.cli import main
step, began = protonet.solver.Solver.step, []
def counted(self):
    if self.iteration == int(sys.argv[1]):
        began.append(time.process_time())
    return step(self)
protonet.solver.Solver.step = counted
code = main(sys.argv[2:])
print(time.process_time() - began[0])
sys.exit(code)
"""
NONE = (
    "solver.display=0",
    "solver.tensorboard=false",
    "solver.snapshot=0",
    "solver.snapshot_after_train=false",
)
DISPLAY = ("solver.display=100", *NONE[1:])
BOARD = ("solver.display=100", "solver.tensorboard={histograms: 500, filters: 500}", *NONE[2:])
SNAPSHOTS = (*BOARD[:2], "solver.snapshot=500")
WAYS = {
    "none of them": NONE,
    "display": DISPLAY,
    "display, TensorBoard": BOARD,
    "display, TensorBoard, snapshots": SNAPSHOTS,
}


def seconds(spec: str, changes: tuple[str, ...], options: argparse.Namespace) -> float:
    """Return the processor seconds of the steps of one run."""
    end = f"solver.max_iter={options.iterations}"
    with tempfile.TemporaryDirectory() as folder:
        command = ["train", spec, "--run", str(Path(folder) / "run"), end, "solver.test_interval=0"]
        threads = [f"solver.threads={options.threads}"] if options.threads else []
        program = [sys.executable, "-c", COUNT_FROM, str(options.warm_up)]
        return float(succeed([*program, *command, *changes, *threads]).split()[-1])


def main() -> None:
    """Measure in turn, and print what each costs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--iterations", type=int, default=3000)
    parser.add_argument("--warm-up", type=int, default=200, metavar="ITERATIONS")
    parser.add_argument("--threads", type=int, help="of torch (default: the cores at hand)")
    parser.add_argument("--spec", default=str(ROOT / "configs" / "mnist.yaml"))
    options = parser.parse_args()
    if options.warm_up >= options.iterations:
        parser.error("--warm-up must be below --iterations")
    if "PROTONET_DATA" not in os.environ:
        parser.error("PROTONET_DATA must name the folder that holds mnist/")
    found: dict[str, list[float]] = {name: [] for name in WAYS}
    for number in range(1, options.rounds + 1):
        for name, changes in WAYS.items():
            found[name].append(seconds(options.spec, changes, options))
        shown = "  ".join(f"{name} {times[-1]:.2f}" for name, times in found.items())
        print(f"round {number}: {shown}", flush=True)
    (least, *_), bare = found.keys(), found["none of them"]
    print(f"\n{'processor seconds, medians':34s}{'beyond ' + least:>24s}")
    for name, times in found.items():
        cost = statistics.median(one / other - 1 for one, other in zip(times, bare, strict=True))
        print(f"{name:34s}{statistics.median(times):8.2f} s{100 * cost:14.2f} %")
    verdict = "reached" if cost <= WANTED else "not reached"
    print(f"wanted: all together at most {100 * WANTED:.0f} %: {verdict}")


if __name__ == "__main__":
    main()
