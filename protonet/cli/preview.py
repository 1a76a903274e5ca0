"""`protonet preview`: the samples that a net is trained on, as it sees them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from protonet.cli.arguments import add_overrides, add_plugins, add_spec
from protonet.errors import StorageError, UsageError

if TYPE_CHECKING:
    from protonet.schema import Spec

HELP = "show the samples of a set as the net sees them, with their labels"
EXAMPLE = """\
protonet preview configs/mnist.yaml samples.png
protonet preview photos.yaml samples.png --count 36 --epoch 3
protonet preview photos.yaml samples.png data.train.transform='[{type: RandAugment}]'"""

_MOST = 400
"""Samples that a picture has room for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_spec(parser)
    parser.add_argument("out", metavar="OUT", type=Path, help="the picture to make, .png")
    add_overrides(parser)
    parser.add_argument(
        "--set", metavar="NAME", default="train", help="which set of `data` (default: train)"
    )
    parser.add_argument(
        "--count", metavar="N", type=int, default=16, help="number of samples (default: 16)"
    )
    parser.add_argument(
        "--seed", metavar="SEED", type=int, help="in place of the spec's solver.random_seed"
    )
    parser.add_argument(
        "--epoch",
        metavar="N",
        type=int,
        default=0,
        help="which epoch they are the first samples of, from 0 on (default: 0)",
    )
    add_plugins(parser)


def run(options: argparse.Namespace) -> int:
    """Make the picture, and say what is on it."""
    _check(options)
    from protonet.run.loading import load
    from protonet.run.preview import Wanted, preview
    from protonet.schema import located

    spec = load(options.spec, options.overrides, allow_plugins=options.allow_plugins)
    if options.seed is not None:
        spec = _seeded(spec, options.seed)
    wanted = Wanted(options.set, options.count, options.epoch)
    with located(spec):
        made = preview(spec, wanted)
    try:
        options.out.write_bytes(made.picture.png)
    except OSError as error:
        raise StorageError(f"{options.out} cannot be written: {error.strerror}") from error
    epoch = f", epoch {options.epoch}" if options.set == "train" else ""
    print(f"made {options.out}: {made.count} samples of data.{options.set}{epoch}")
    print("\n".join(made.notes))
    return 0


def _check(options: argparse.Namespace) -> None:
    if options.out.suffix != ".png":
        raise UsageError(f"{options.out}: a preview is .png")
    if not 1 <= options.count <= _MOST:
        raise UsageError(f"--count {options.count}: 1 to {_MOST} samples can be shown")
    if options.epoch < 0:
        raise UsageError(f"--epoch {options.epoch}: epochs are counted from 0 on")


def _seeded(spec: Spec, seed: int) -> Spec:
    from protonet.schema import respecified

    if spec.solver is None:
        raise UsageError(f"--seed {seed}: the spec has no section solver, whose seed it would be")
    return respecified(spec, [f"solver.random_seed={seed}"])
