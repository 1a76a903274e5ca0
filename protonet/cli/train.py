"""`protonet train`: a net as its spec says, or on from where it was stopped."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from protonet.cli.arguments import add_overrides, add_plugins, add_strict
from protonet.cli.processes import add_nproc, in_processes
from protonet.cli.terminal import Terminal
from protonet.cli.warnings import warn
from protonet.errors import UsageError

if TYPE_CHECKING:
    from protonet.schema import Spec

HELP = "train a net as its spec says"
EXAMPLE = """\
protonet train configs/mnist.yaml
protonet train configs/mnist.yaml --resume
protonet train --resume runs/mnist_lenet/1/snapshots/iter_5000 solver.base_lr=0.001
protonet train configs/mnist.yaml solver.base_lr=0.02 net.layers.conv1.num_output=32
protonet train configs/mnist.yaml --nproc 2"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "spec",
        metavar="SPEC",
        nargs="?",
        help="the YAML file; left out beside --resume PATH: the one that the run keeps",
    )
    add_overrides(parser)
    add_plugins(parser)
    add_strict(parser)
    parser.add_argument(
        "--resume",
        metavar="PATH",
        nargs="?",
        const=True,
        default=False,
        help="go on with the newest run of that name, from its last whole snapshot; start one "
        "where there is none. PATH: go on with the run, or from the snapshot of one, in this "
        "folder",
    )
    parser.add_argument(
        "--run", metavar="DIR", type=Path, help="the run directory (default: runs/NAME/NUMBER)"
    )
    parser.add_argument(
        "--weights",
        metavar="FILE,…",
        help="start from these weights: .safetensors, .npz, .caffemodel, a snapshot, a run or "
        "zoo://NAME; later ones win",
    )
    parser.add_argument(
        "--snapshot",
        metavar="FILE",
        type=Path,
        help="go on from Caffe's .solverstate, with the weights that it names or --weights",
    )
    _add_ways(parser)


def _add_ways(parser: argparse.ArgumentParser) -> None:
    """Declare other ways to train than to the end in one process."""
    parser.add_argument(
        "--overfit",
        metavar="N",
        type=_batches,
        help="train on the first N batches, over and over, and say whether the loss went down; "
        "keeps no run",
    )
    add_nproc(
        parser,
        "train with so many processes on this machine, each with a part of every batch and, where "
        "there are GPUs, with one of its own; across machines use torchrun",
    )


def run(options: argparse.Namespace) -> int:
    """Train; the last lines are the result, one per evaluation set."""
    _check_overfit(options)
    _sort(options)
    return in_processes(options, _run, lambda: _again(options))


def _run(options: argparse.Namespace) -> int:
    from protonet.distributed import place
    from protonet.run.loading import load
    from protonet.run.train import TrainOptions, run_training
    from protonet.schema import warnings_of

    spec = load(options.spec, options.overrides, allow_plugins=options.allow_plugins)
    is_first = place.is_first(os.environ)
    if is_first or options.strict:
        warn(warnings_of(spec), options.spec, strict=options.strict)
    weights = _weights(options.weights)
    terminal = Terminal(sys.stdout)
    if options.overfit is not None:
        return _overfit(spec, options.overfit, weights, terminal)
    if options.snapshot is not None and options.resume:
        raise UsageError("--resume goes on with a run of protonet's, --snapshot from Caffe's state")
    again = _again(options)
    result = run_training(
        spec,
        TrainOptions(options.run, options.resume, weights, terminal, again, options.snapshot),
    )
    for line in result.lines if is_first else ():
        terminal.line(line)
    return 0


def _check_overfit(options: argparse.Namespace) -> None:
    """Refuse what belongs to a run that is kept."""
    given = {"--resume": options.resume, "--run": options.run, "--nproc": options.nproc}
    given["--snapshot"] = options.snapshot
    for option, value in given.items():
        if options.overfit is not None and value:
            raise UsageError(f"--overfit tries a few batches and keeps no run; leave {option} out")


def _overfit(spec: Spec, batches: int, weights: tuple[str, ...], terminal: Terminal) -> int:
    from protonet.run.overfitting import overfit

    outcome = overfit(spec, batches, terminal, weights)
    for line in outcome.lines():
        terminal.line(line)
    return 0 if outcome.went_down else 1


def _batches(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is no number of batches, such as 1')
    return int(text)


def _sort(options: argparse.Namespace) -> None:
    """Give the word behind `--resume` to what it was meant for: argparse takes any for its PATH.

    Raises: UsageError if no spec is left, and no run that keeps one.
    """
    word = options.resume
    if isinstance(word, str) and not os.path.isdir(word):
        if _is_override(word):
            options.resume = True
            options.overrides.insert(0, word)
        elif os.path.isfile(word):
            options.resume = True
            if options.spec is not None:
                options.overrides.insert(0, options.spec)
            options.spec = word
    if isinstance(options.resume, str):
        options.resume = Path(options.resume)
    if isinstance(options.resume, Path) and options.spec and _is_override(options.spec):
        options.overrides.insert(0, options.spec)
        options.spec = None
    if options.spec is None:
        options.spec = _kept_spec(options.resume)


def _is_override(word: str) -> bool:
    return "=" in word and not os.path.lexists(word)


def _kept_spec(resume: bool | Path) -> str:
    """Return the spec that a run keeps."""
    from protonet.run.chosen import named

    if isinstance(resume, bool):
        raise UsageError("name the SPEC to train, or the run to go on with: --resume runs/NAME/1")
    return str(named(resume).folder.spec)


def _weights(text: str | None) -> tuple[str, ...]:
    names = () if text is None else tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise UsageError(f'--weights "{text}": the name of a file is empty')
    return names


def _again(options: argparse.Namespace) -> str:
    """Return the command that goes on with this run."""
    words = ["protonet", "train", options.spec, *options.overrides, "--resume"]
    if isinstance(options.resume, Path):
        from protonet.run.chosen import named

        words.append(str(named(options.resume).folder.path))
    if options.run:
        words += ["--run", str(options.run)]
    if options.allow_plugins:
        words.append("--allow-plugins")
    if options.nproc:
        words += ["--nproc", str(options.nproc)]
    return shlex.join(words)
