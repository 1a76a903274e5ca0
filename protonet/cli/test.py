"""`protonet test`: what weights are worth on the evaluation sets of a spec."""

from __future__ import annotations

import argparse
import sys

from protonet.cli.arguments import add_named_spec, add_overrides, add_plugins
from protonet.cli.processes import add_nproc, in_processes
from protonet.cli.terminal import Terminal

HELP = "test weights on the evaluation sets of a spec"
EXAMPLE = """\
protonet test configs/mnist.yaml
protonet test configs/mnist.yaml --weights runs/mnist_lenet/1/snapshots/iter_5000 --set test
protonet test runs/mnist_lenet/1 data.test.batch_size=500
protonet test train_val.prototxt --weights net.caffemodel
protonet test configs/mnist.yaml --nproc 2"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_named_spec(parser)
    add_overrides(parser)
    add_plugins(parser)
    parser.add_argument(
        "--weights",
        metavar="FILE",
        help=".safetensors, .npz, .caffemodel, a snapshot, a run or zoo://NAME (default: "
        "those of SPEC where it has weights, else the newest run of its name)",
    )
    parser.add_argument(
        "--set", metavar="NAME", dest="name", help="one evaluation set (default: all of them)"
    )
    parser.add_argument(
        "--transform",
        choices=("weights", "spec"),
        default="weights",
        help="prepare images as is stored with the weights, where it is, or as the spec says "
        "(default: weights)",
    )

    add_nproc(
        parser,
        "test with so many processes on this machine, each with a part of every set and, where "
        "there are GPUs, with one of its own; across machines use torchrun",
    )


def run(options: argparse.Namespace) -> int:
    """Test; the last lines are the result, one per set."""
    return in_processes(options, _run)


def _run(options: argparse.Namespace) -> int:
    from protonet.run.measure import measure
    from protonet.run.named import load_named

    named = load_named(options.spec, options.overrides, allow_plugins=options.allow_plugins)
    weights = options.weights or named.weights
    measure(named.spec, weights, options.name, Terminal(sys.stdout), options.transform)
    return 0
