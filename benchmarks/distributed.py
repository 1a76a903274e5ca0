"""Two processes of one thread against one process of two threads: images/s, in turn.

usage: PROTONET_DATA=../shared/reference/data python -m benchmarks.distributed quick|lenet
           [--rounds 7] [--iterations 400]

CIFAR-10 quick with batches of 100, and LeNet on MNIST with batches of 64: `protonet train` as it
is, and with `--nproc 2`, which shares every batch. Passing the gradients on costs about the same
each time, so the smaller net and the smaller batch lose more by it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from functools import partial
from pathlib import Path

from benchmarks import train_cifar
from benchmarks.training import (
    PROTONET,
    ROOT,
    Length,
    Measure,
    in_turn,
    print_best,
    print_medians,
    trained,
)

ALONE = "one process, 2 threads"
WANTED = {"quick": 0.9, "lenet": 0.6}
"""The ratio that is to be reached with each net."""


def main() -> None:
    """Measure one net, then print the medians and their ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("net", choices=sorted(WANTED))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--iterations", type=int, default=400)
    options = parser.parse_args()
    if options.net == "lenet" and "PROTONET_DATA" not in os.environ:
        parser.error("PROTONET_DATA must name the folder that holds mnist/")
    with tempfile.TemporaryDirectory() as folder:
        spec = ROOT / "configs" / "mnist.yaml"
        if options.net == "quick":
            spec = train_cifar.prepare(Path(folder), "quick")
        length = Length(options.iterations, display=40)
        same = ["solver.test_interval=0"]
        measures: dict[str, Measure] = {
            f"{PROTONET}, 2 processes": partial(
                trained, spec, length, [*same, "--nproc", "2", "solver.threads=1"]
            ),
            ALONE: partial(trained, spec, length, [*same, "solver.threads=2"]),
        }
        medians = in_turn(measures, options.rounds)
    print_medians(medians)
    print_best(medians, ALONE, WANTED[options.net])


if __name__ == "__main__":
    main()
