"""`protonet export`: a trained net as a file that needs no protonet."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from protonet.cli.arguments import add_plugins
from protonet.cli.models import add_model, add_weights
from protonet.cli.terminal import Terminal
from protonet.errors import UsageError

HELP = "write a trained net for others: torch.export, ONNX, Caffe or safetensors"
EXAMPLE = """\
protonet export runs/flowers/1 flowers.pt2 --to torch --images photos/
protonet export runs/flowers/1 flowers.onnx --to onnx --fold --preprocess
protonet export runs/flowers/1 flowers --to caffe --train-val
protonet export deploy.prototxt net.safetensors --to safetensors --weights net.caffemodel"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_model(parser)
    parser.add_argument(
        "out",
        metavar="OUT",
        type=Path,
        help="the file to make; for Caffe the two, OUT.prototxt and OUT.caffemodel",
    )
    parser.add_argument(
        "--to",
        choices=("torch", "onnx", "caffe", "safetensors"),
        required=True,
        help="a program of torch.export (.pt2), ONNX (.onnx), Caffe's prototxt and caffemodel, or "
        "the weights alone (.safetensors)",
    )
    add_weights(parser)
    parser.add_argument("--force", action="store_true", help="replace OUT if it is there")
    add_plugins(parser)
    _add_changes(parser)
    _add_caffes(parser)


def _add_changes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fold",
        action="store_true",
        help="put BatchNorm, Scale and Bias into the convolutions before them",
    )
    parser.add_argument(
        "--preprocess",
        action="store_true",
        help="let the file take pictures, uint8 (N, C, H, W), RGB or gray, of the size of the "
        "net's data, and prepare them itself",
    )
    parser.add_argument(
        "--images",
        metavar="IMAGE",
        action="append",
        default=[],
        help="compare on these pictures, too: a file, folder, pattern or list; may be repeated",
    )
    parser.add_argument(
        "--tolerance",
        metavar="X",
        default="1e-4",
        help="largest difference from the original that is taken, as a share of an output's "
        "largest magnitude (default: 1e-4)",
    )


def _add_caffes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--train-val",
        action="store_true",
        help="for Caffe: also OUT_train_val.prototxt, the net as it is trained and tested, fed by "
        "Input layers",
    )
    parser.add_argument(
        "--solver",
        action="store_true",
        help="for Caffe: also OUT_solver.prototxt, and the net that it trains",
    )


def run(options: argparse.Namespace) -> int:
    """Write the files, if they give what the net gives; the differences go to standard output."""
    from protonet.predict.files import find_pictures
    from protonet.run.exporting import Export, export_model
    from protonet.run.model import Asked

    wanted = Export(
        kind=options.to,
        out=options.out,
        force=options.force,
        fold=options.fold,
        preprocess=options.preprocess,
        images=tuple(find_pictures(options.images)),
        tolerance=_share(options.tolerance),
        train_val=options.train_val,
        solver=options.solver,
    )
    asked = Asked(options.weights, "cpu", options.allow_plugins)
    for path in export_model(options.model, asked, wanted, Terminal(sys.stdout)):
        print(f"made {path}")
    return 0


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise UsageError(f'--tolerance "{text}": a number from 0 is needed')
    return value
