"""`protonet predict`: what a trained net says of pictures."""

from __future__ import annotations

import argparse
import re
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from protonet.cli.arguments import add_plugins
from protonet.cli.progress import ProgressBar
from protonet.cli.terminal import Terminal
from protonet.errors import UsageError

if TYPE_CHECKING:
    from protonet.run.predicting import Wanted

HELP = "tell what a trained net says of pictures"
EXAMPLE = """\
protonet predict runs/flowers/1 photo.jpg
protonet predict zoo://resnet18 photos/ --top 1 --format csv --out photos.csv
protonet predict configs/flowers.yaml 'photos/*/1*.jpg' --weights flowers.safetensors
protonet predict runs/flowers/1 photos/ --blob pool5 --out features.h5"""

_DEVICE = re.compile(r"(auto|cpu|mps|cuda(:\d+)?)\Z")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="a run or snapshot (runs/NAME/1), zoo://NAME, or a YAML or prototxt file, with "
        "--weights or else the newest run of its name",
    )
    parser.add_argument(
        "images",
        metavar="IMAGE",
        nargs="+",
        help="picture files, folders of them, patterns such as 'photos/**/*.png', or .txt lists "
        "of paths",
    )
    parser.add_argument(
        "--weights",
        metavar="FILE",
        help=".safetensors, .npz, .caffemodel, a snapshot, a run or zoo://NAME",
    )
    _add_told(parser)
    _add_reading(parser)
    add_plugins(parser)


def _add_told(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is told")
    group.add_argument(
        "--top", metavar="K", default="5", help="tell the K best classes (default: 5)"
    )
    group.add_argument(
        "--output",
        metavar="BLOB",
        help="the blob that holds the scores of classes (default: prob, or the last that fits)",
    )
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
    group.add_argument(
        "--resize",
        action="store_true",
        help="scale pictures that do not have the size of the net's data; where converting the "
        "data scaled them, they are scaled alike in any case",
    )
    group.add_argument(
        "--transform",
        metavar="YAML",
        help="for nets of which nothing says it, such as Caffe's: what is done to pictures, as a "
        "spec has it: '[{type: Resize, size: 227}, {type: Mean, value: [104, 117, 123]}]'",
    )
    group.add_argument(
        "--channels",
        choices=("RGB", "BGR", "gray"),
        help="for such nets: the order of channels that they expect",
    )
    group.add_argument(
        "--on-error",
        choices=("stop", "skip"),
        default="stop",
        help="what to do about a picture that cannot be read: stop, the default, or leave it out",
    )
    group.add_argument(
        "--batch-size", metavar="N", default="32", help="pictures in a batch (default: 32)"
    )
    group.add_argument(
        "--workers", metavar="N", help="decoding threads (default: one for each core, at most 8)"
    )
    group.add_argument(
        "--device", metavar="DEVICE", help="auto, cpu, mps, cuda or cuda:0 (default: as training)"
    )


def run(options: argparse.Namespace) -> int:
    """Tell it on standard output, or in a file; what a person must know goes to standard error."""
    from protonet.predict.files import find_pictures
    from protonet.run.by_hand import ByHand
    from protonet.run.model import Asked, open_model
    from protonet.run.predicting import predict_pictures

    wanted, device = _wanted(options), _device(options.device)
    paths = find_pictures(options.images)
    terminal = Terminal(sys.stderr)
    by_hand = ByHand(options.transform, options.channels)
    asked = Asked(options.weights, device, options.allow_plugins, by_hand)
    model = open_model(options.model, asked, terminal)
    with closing(ProgressBar("pictures", terminal)) as bar:
        done = predict_pictures(model, paths, wanted, sys.stdout.write, terminal, bar)
    if done.left_out:
        terminal.line(f"{done.left_out} of {len(paths)} pictures left out")
    if wanted.out is not None:
        print(f"made {wanted.out}: {done.pictures} picture{'' if done.pictures == 1 else 's'}")
    return 0


def _wanted(options: argparse.Namespace) -> Wanted:
    from protonet.convert.options import ConvertOptions
    from protonet.predict.predictor import Pace
    from protonet.run.predicting import Wanted

    cores = min(ConvertOptions().threads, _MOST_WORKERS)
    workers = cores if options.workers is None else _number("--workers", options.workers)
    return Wanted(
        top=_number("--top", options.top),
        blobs=tuple(dict.fromkeys(options.blob)),
        output=options.output,
        form=options.format,
        out=options.out,
        force=options.force,
        ten_crop=options.ten_crop,
        scale=options.resize,
        skip=options.on_error == "skip",
        pace=Pace(_number("--batch-size", options.batch_size), workers),
    )


def _number(option: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise UsageError(f'{option} "{text}": a whole number from 1 is needed')
    return int(text)


def _device(name: str | None) -> str | None:
    if name is None or _DEVICE.match(name):
        return name
    raise UsageError(f'--device "{name}": auto, cpu, mps, cuda or cuda:0 is needed')


_MOST_WORKERS = 8
"""Decoding threads that are started unasked: a batch each, which all lie in memory."""
