"""`protonet convert`: images and labels to a dataset."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from protonet.cli.progress import ProgressBar, per_second
from protonet.cli.terminal import Terminal
from protonet.errors import UsageError

if TYPE_CHECKING:
    from protonet.convert import Report, TableReport

HELP = "turn images and labels into a dataset"
EXAMPLE = """\
protonet convert photos/ photos.lmdb --resize 64x64 --shuffle 1 --split train:0.8,test:0.2
protonet convert list.txt set.h5 --root /data/images --gray
protonet convert mnist/ mnist.lmdb"""

_SHOWN_CLASSES = 10
_PLAIN = re.compile(r"[\w./-]+", re.ASCII)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "source",
        metavar="SRC",
        help="a folder of class folders (SRC/CLASS/image.jpg), or of folders train, test, val of "
        "such; a list file with one `path label` a line; or a folder or file of IDX images with "
        "their labels beside them",
    )
    parser.add_argument(
        "destination", metavar="DST", help="the dataset to make: NAME.lmdb or NAME.h5"
    )
    parser.add_argument("--resize", metavar="WxH", help="scale every image to this many pixels")
    parser.add_argument(
        "--gray", action="store_true", help="store one channel (luma) instead of RGB"
    )
    parser.add_argument("--shuffle", metavar="SEED", help="store the records in a random order")
    parser.add_argument(
        "--split",
        metavar="NAME:FRACTION,…",
        help="make several tables, read as DST/NAME, each with its fraction of every class",
    )
    parser.add_argument("--root", metavar="FOLDER", help="where the paths of a list file start")
    parser.add_argument(
        "--workers", metavar="N", help="decoding threads (default: one for each core)"
    )
    parser.add_argument("--force", action="store_true", help="replace DST if it is there")


def run(options: argparse.Namespace) -> int:
    """Convert, then print what was made and what to do next."""
    from protonet.convert import ConvertOptions, convert, parse_resize, parse_split

    chosen = ConvertOptions(
        resize=options.resize and parse_resize(options.resize),
        gray=options.gray,
        shuffle=_whole_number("--shuffle", options.shuffle),
        split=options.split and parse_split(options.split),
        root=options.root,
        force=options.force,
        workers=_whole_number("--workers", options.workers),
    )
    with closing(ProgressBar("images", Terminal(sys.stderr))) as bar:
        report = convert(Path(options.source), Path(options.destination), chosen, bar)
    for line in _lines(report):
        print(os.fsencode(line).decode(errors="replace"))  # a path need not be UTF-8
    return 0


def _whole_number(option: str, text: str | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError as error:
        raise UsageError(f'{option} "{text}": a whole number is needed') from error


def _lines(report: Report) -> list[str]:
    rate = per_second(report.count / max(report.seconds, 1e-9))
    lines = [
        f"made {report.path}: {report.count} images in {report.seconds:.1f} s ({rate})",
        *(line for table in report.tables for line in _table_lines(table)),
        *(f"note: {note}" for note in report.notes),
    ]
    train = _sets(report)["train"]
    if train.header.sorted_labels:
        lines.append(
            f"note: the records of {train.address} are sorted by label: train with `shuffle: "
            "true`, as below, or convert again with --shuffle SEED"
        )
    return lines + _next(report)


def _table_lines(table: TableReport) -> list[str]:
    header = table.header
    shape = "x".join(map(str, header.fields[0].shape or ()))
    lines = [f"  {table.address}: {header.count} records of {shape} ({header.channels}, uint8)"]
    if header.mean and header.std:
        lines.append(f"    mean {_numbers(header.mean)}, standard deviation {_numbers(header.std)}")
    if header.classes and header.class_counts:
        counts = [
            f"{name} {n}" for name, n in zip(header.classes, header.class_counts, strict=True)
        ]
        more = f" and {len(counts) - _SHOWN_CLASSES} more" if len(counts) > _SHOWN_CLASSES else ""
        noun = "class" if len(counts) == 1 else "classes"
        lines.append(f"    {len(counts)} {noun}: {', '.join(counts[:_SHOWN_CLASSES])}{more}")
    return lines


def _numbers(values: tuple[float, ...]) -> str:
    return "[" + ", ".join(f"{value:.2f}" for value in values) + "]"


def _sets(report: Report) -> dict[str, TableReport]:
    """Return the tables by the names that a spec gives them; one of them is `train`, the first."""
    names = [table.name or "train" for table in report.tables]
    if "train" not in names:
        names[0] = "train"
    pairs = zip(names, report.tables, strict=True)
    return dict(sorted(pairs, key=lambda pair: pair[0] != "train"))


def _next(report: Report) -> list[str]:
    """Return a spec that trains on this dataset, but for the layers and the solver."""
    sets = _sets(report)
    header = sets["train"].header
    shape = list(header.fields[0].shape or ())
    classes = f"; num_output of the last is {len(header.classes)}" if header.classes else ""
    return [
        "",
        "next: save this as NAME.yaml in this folder, complete it, and: protonet train NAME.yaml",
        "",
        "data:",
        *(f"  {name}: {_source(name, table)}" for name, table in sets.items()),
        "net:",
        f"  inputs: {{data: {shape}, label: {{shape: [], dtype: int64}}}}",
        f"  layers:  # your layers{classes}",
        "solver:  # your solver",
    ]


def _source(name: str, table: TableReport) -> str:
    address = table.address
    if not _PLAIN.fullmatch(address):
        address = json.dumps(address, ensure_ascii=False)
    shuffle = ", shuffle: true" if name == "train" else ""
    return f"{{source: {address}, batch_size: 64{shuffle}, transform: {{scale: 0.00390625}}}}"
