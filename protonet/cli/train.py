"""`protonet train`: a net as its spec says, or on from where it was stopped."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from protonet.cli.arguments import add_overrides, add_plugins, add_spec, add_strict
from protonet.cli.terminal import Terminal
from protonet.cli.warnings import warn
from protonet.errors import UsageError

HELP = "train a net as its spec says"
EXAMPLE = """\
protonet train configs/mnist.yaml
protonet train configs/mnist.yaml --resume
protonet train configs/mnist.yaml solver.base_lr=0.02 net.layers.conv1.num_output=32"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_spec(parser)
    add_overrides(parser)
    add_plugins(parser)
    add_strict(parser)
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the newest run of that name, from its last whole snapshot; start one "
        "where there is none",
    )
    parser.add_argument(
        "--run", metavar="DIR", type=Path, help="the run directory (default: runs/NAME/NUMBER)"
    )
    parser.add_argument(
        "--weights",
        metavar="FILE,…",
        help="start from these weights: .safetensors, .npz, a snapshot or a run; later ones win",
    )


def run(options: argparse.Namespace) -> int:
    """Train; the last lines are the result, one per evaluation set."""
    from protonet.run import TrainOptions, run_training
    from protonet.run.loading import load
    from protonet.schema import warnings_of

    spec = load(options.spec, options.overrides, allow_plugins=options.allow_plugins)
    warn(warnings_of(spec), options.spec, strict=options.strict)
    weights = _weights(options.weights)
    terminal = Terminal(sys.stdout)
    result = run_training(
        spec, TrainOptions(options.run, options.resume, weights, terminal, _again(options))
    )
    for line in result.lines:
        terminal.line(line)
    return 0


def _weights(text: str | None) -> tuple[str, ...]:
    names = () if text is None else tuple(text.split(","))
    if not all(names):
        raise UsageError(f'--weights "{text}": the name of a file is empty')
    return names


def _again(options: argparse.Namespace) -> str:
    """Return the command that goes on with this run."""
    words = ["protonet", "train", options.spec, *options.overrides, "--resume"]
    if options.run:
        words += ["--run", str(options.run)]
    return shlex.join(words)
