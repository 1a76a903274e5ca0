"""`protonet import`: Caffe's files become a spec and weights of our own."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from protonet.cli.arguments import add_overrides
from protonet.errors import SpecError

HELP = "import a net of Caffe's: prototxt, caffemodel, solver, mean, class names"
EXAMPLE = """\
protonet import deploy.prototxt net.caffemodel --out net
protonet import train_val.prototxt net.caffemodel --solver solver.prototxt --out net.yaml
protonet import deploy.prototxt net.caffemodel --out net --verify images/
protonet import lenet_solver.prototxt --out lenet net.inputs.data=[1,28,28]"""


_HOLES = "layers of unknown types can be imported as holes, for a plugin to fill: --holes\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "net", metavar="NET", type=Path, help="prototxt of a net, or of a solver that names one"
    )
    parser.add_argument(
        "weights", metavar="WEIGHTS", nargs="?", help="its weights, a .caffemodel or .caffemodel.h5"
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        required=True,
        help="a folder to make, or a .yaml file whose companions go beside it",
    )
    parser.add_argument(
        "--solver", metavar="FILE", type=Path, help="prototxt of a solver that trains NET"
    )
    parser.add_argument(
        "--mean",
        metavar="FILE",
        type=Path,
        help="mean image, .binaryproto or .npy (default: those that the prototxt names)",
    )
    parser.add_argument(
        "--classes", metavar="FILE", type=Path, help="class names, one a line: synset_words.txt"
    )
    parser.add_argument("--force", action="store_true", help="write over what is there")
    parser.add_argument(
        "--allow-missing",
        action="store_true",
        help="leave parameters that WEIGHTS does not hold to their fillers",
    )
    _add_choices(parser)
    add_overrides(parser)


def _add_choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--holes",
        action="store_true",
        help="import layers of unknown types as holes, with a plugin in which to fill them",
    )
    parser.add_argument(
        "--verify",
        metavar="IMAGE",
        action="append",
        default=[],
        help="compare the outputs of every layer with OpenCV's on these pictures: a file, folder, "
        "pattern or list; may be repeated",
    )


def run(options: argparse.Namespace) -> int:
    """Import, and say what became of each layer and parameter."""
    from protonet.predict.files import find_pictures
    from protonet.run.importing import Request, import_caffe

    weights, overrides = options.weights, list(options.overrides)
    if weights is not None and "=" in weights and not os.path.lexists(weights):
        overrides.insert(0, weights)
        weights = None
    request = Request(
        net=options.net,
        out=options.out,
        weights=Path(weights) if weights is not None else None,
        solver=options.solver,
        mean=options.mean,
        classes=options.classes,
        overrides=tuple(overrides),
        force=options.force,
        allow_missing=options.allow_missing,
        holes=options.holes,
        verify=tuple(find_pictures(options.verify)),
    )
    try:
        made = import_caffe(request, print)
    except SpecError as error:
        if not options.holes and any(problem.code == "PN020" for problem in error.problems):
            print(_HOLES, file=sys.stderr)
        raise
    print(f"\nmade {made}")
    return 0
