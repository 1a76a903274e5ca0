"""LeNet on MNIST: images/s of protonet and of its peers, in turn, and the ratios of the medians.

usage: PROTONET_DATA=../shared/reference/data python -m benchmarks.train_lenet [PEER ...]
           [--rounds 7] [--iterations 600] [--threads N]
peers: ram-channels-last, loader (the default), and the others of benchmarks/peers/lenet_peers.py

protonet is the command itself, on configs/mnist.yaml as it is: MNIST from its LMDB, shuffled, with
log, metrics and TensorBoard on; only the length of the run is changed. Each measurement is a
process of its own. In protonet as in the peers, the first iterations are not counted.
"""

from __future__ import annotations

import argparse
import os
from functools import partial

from benchmarks.training import (
    PROTONET,
    ROOT,
    Length,
    Measure,
    in_turn,
    peer,
    print_best,
    print_medians,
    trained,
    with_threads,
)

SPEC = ROOT / "configs" / "mnist.yaml"
CAFFE = {"Caffe, recorded elsewhere": 3_700.0}
"""Images/s of `caffe train` on 2 cores of an AMD EPYC: the middle of 3,500 to 3,900."""


def main() -> None:
    """Measure in turn, then print every median and its ratio to protonet's."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("peers", nargs="*", default=["ram-channels-last", "loader"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, help="of all (default: the cores at hand)")
    parser.add_argument("--iterations", type=int, default=600)
    options = parser.parse_args()
    if "PROTONET_DATA" not in os.environ:
        parser.error("PROTONET_DATA must name the folder that holds mnist/")
    length = Length(options.iterations)
    changes = ["solver.test_interval=0", *with_threads(options.threads)]
    ours = partial(trained, SPEC, length, changes)
    measures: dict[str, Measure] = {PROTONET: ours}
    for name in options.peers:
        measures[name] = partial(peer, "lenet_peers.py", name, options.iterations)
    medians = in_turn(measures, options.rounds)
    print_medians(medians, CAFFE)
    print_best(medians, "ram", 0.97)
    print_best(medians, "loader", 1.4)
    print_best(medians, "keras", 2.0)
    print_best({**CAFFE, **medians}, "Caffe", 2.0)


if __name__ == "__main__":
    main()
