"""`protonet predict`: what a trained net says of pictures."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from protonet.cli.arguments import add_plugins
from protonet.cli.models import (
    add_machine,
    add_model,
    add_output,
    add_preparing,
    add_weights,
    asked_of,
    number_of,
    workers_of,
)
from protonet.cli.progress import ProgressBar
from protonet.cli.terminal import Terminal

if TYPE_CHECKING:
    from protonet.run.predicting import Wanted

HELP = "tell what a trained net says of pictures"
EXAMPLE = """\
protonet predict runs/flowers/1 photo.jpg
protonet predict zoo://resnet18 photos/ --top 1 --format csv --out photos.csv
protonet predict configs/flowers.yaml 'photos/*/1*.jpg' --weights flowers.safetensors
protonet predict runs/flowers/1 photos/ --blob pool5 --out features.h5"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_model(parser)
    parser.add_argument(
        "images",
        metavar="IMAGE",
        nargs="+",
        help="picture files, folders of them, patterns such as 'photos/**/*.png', or .txt lists "
        "of paths",
    )
    add_weights(parser)
    _add_told(parser)
    _add_reading(parser)
    add_plugins(parser)


def _add_told(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is told")
    group.add_argument(
        "--top", metavar="K", default="5", help="tell the K best classes (default: 5)"
    )
    add_output(group)
    group.add_argument(
        "--format", choices=("text", "csv", "jsonl"), help="how scores are written (default: text)"
    )
    group.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help="write to a .txt, .csv, .jsonl or .h5 file, which appears when it is complete",
    )
    group.add_argument(
        "--blob",
        metavar="NAME",
        action="append",
        default=[],
        help="write a blob of each picture as it is to --out FILE.h5; may be repeated",
    )
    group.add_argument("--force", action="store_true", help="replace FILE if it is there")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how pictures are read")
    group.add_argument(
        "--ten-crop",
        action="store_true",
        help="average over the corners and the centre of each picture, and each of them mirrored",
    )
    add_preparing(group)
    group.add_argument(
        "--on-error",
        choices=("stop", "skip"),
        default="stop",
        help="what to do about a picture that cannot be read: stop, the default, or leave it out",
    )
    group.add_argument(
        "--batch-size", metavar="N", default="32", help="pictures in a batch (default: 32)"
    )
    add_machine(group)


def run(options: argparse.Namespace) -> int:
    """Tell it on standard output, or in a file; what a person must know goes to standard error."""
    from protonet.predict.files import find_pictures
    from protonet.run.model import open_model
    from protonet.run.predicting import predict_pictures

    wanted, asked = _wanted(options), asked_of(options)
    paths = find_pictures(options.images)
    terminal = Terminal(sys.stderr)
    model = open_model(options.model, asked, terminal)
    with closing(ProgressBar("pictures", terminal)) as bar:
        done = predict_pictures(model, paths, wanted, sys.stdout.write, terminal, bar)
    if done.left_out:
        terminal.line(f"{done.left_out} of {len(paths)} pictures left out")
    if wanted.out is not None:
        print(f"made {wanted.out}: {done.pictures} picture{'' if done.pictures == 1 else 's'}")
    return 0


def _wanted(options: argparse.Namespace) -> Wanted:
    from protonet.predict.predictor import Pace
    from protonet.run.predicting import Wanted

    return Wanted(
        top=number_of("--top", options.top),
        blobs=tuple(dict.fromkeys(options.blob)),
        output=options.output,
        form=options.format,
        out=options.out,
        force=options.force,
        ten_crop=options.ten_crop,
        scale=options.resize,
        skip=options.on_error == "skip",
        pace=Pace(number_of("--batch-size", options.batch_size), workers_of(options)),
    )
