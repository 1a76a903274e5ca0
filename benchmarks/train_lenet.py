"""LeNet on MNIST: images/s of protonet and of its peers, in turn, and the ratios of the medians.

usage: PROTONET_DATA=../shared/reference/data python benchmarks/train_lenet.py [PEER ...]
           [--rounds 7] [--iterations 600]
peers: ram-channels-last, loader (the default), and the others of benchmarks/peers/lenet_peers.py

protonet is the command itself, on configs/mnist.yaml as it is: MNIST from its LMDB, shuffled, with
log, metrics and TensorBoard on; only the length of the run is changed. Each measurement is a
process of its own. In protonet as in the peers, the first iterations are not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "benchmarks" / "peers" / "lenet_peers.py"
PROTONET = "protonet"
DISPLAY = 100


def protonet(iterations: int) -> float:
    """Return images/s of `protonet train`, after the first `DISPLAY` iterations."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        changes = [
            f"solver.max_iter={DISPLAY + iterations + 1}",
            f"solver.display={DISPLAY}",
            "solver.test_interval=0",
        ]
        spec = str(ROOT / "configs" / "mnist.yaml")
        command = [sys.executable, "-m", "protonet", "train", spec, "--run", str(run), *changes]
        subprocess.run(command, check=True, capture_output=True)
        rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    speeds = [float(row["images_per_second"]) for row in rows if row["phase"] == "train"]
    return float(statistics.harmonic_mean(speeds[2:]))  # windows of equal length; two are warm-up


def peer(name: str, iterations: int) -> float:
    """Return images/s of a peer."""
    command = [sys.executable, str(PEERS), name, "--iterations", str(iterations)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-2])


def main() -> None:
    """Measure in turn, then print every median and its ratio to protonet's."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("peers", nargs="*", default=["ram-channels-last", "loader"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--iterations", type=int, default=600)
    options = parser.parse_args()
    if "PROTONET_DATA" not in os.environ:
        parser.error("PROTONET_DATA must name the folder that holds mnist/")
    speeds: dict[str, list[float]] = {name: [] for name in (PROTONET, *options.peers)}
    for number in range(1, options.rounds + 1):
        for name, found in speeds.items():
            measure = (
                protonet(options.iterations) if name == PROTONET else peer(name, options.iterations)
            )
            found.append(measure)
        shown = "  ".join(f"{name} {found[-1]:,.0f}" for name, found in speeds.items())
        print(f"round {number}: {shown}", flush=True)
    ours = statistics.median(speeds[PROTONET])
    print(f"\n{'medians':26s} {'images/s':>9s}   protonet is")
    for name, found in speeds.items():
        median = statistics.median(found)
        ratio = "" if name == PROTONET else f"   {ours / median:.2f} x"
        print(f"{name:26s} {median:9,.0f}{ratio}")


if __name__ == "__main__":
    main()
