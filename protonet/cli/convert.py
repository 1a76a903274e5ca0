"""`protonet convert`: images and labels to a dataset."""

from __future__ import annotations

import argparse
import csv
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from protonet.cli.conversion_text import report_lines
from protonet.cli.databases import printable
from protonet.cli.progress import ProgressBar
from protonet.cli.terminal import Terminal
from protonet.errors import UsageError

if TYPE_CHECKING:
    from protonet.convert import ConvertOptions, Encoding

HELP = "turn images, tables, texts and other databases into a dataset"
EXAMPLE = """\
protonet convert photos/ photos.lmdb --resize 64x64 --shuffle 1 --split train:0.8,test:0.2
protonet convert list.txt set.h5 --root /data/images --gray
protonet convert flowers.csv flowers.h5 --label species --split train:0.8,test:0.2
protonet convert mnist/ mnist.lmdb
protonet convert caffe_lmdb/ mine.h5
protonet convert 'shards/*.parquet' all.lmdb --encoded"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "source",
        metavar="SRC",
        nargs="+",
        help="a folder of class folders (SRC/CLASS/image.jpg), or of folders train, test, val of "
        "such; of images and masks (SRC/images, SRC/masks); of images and texts (x.jpg, x.txt); a "
        "list file with one `path label` a line; CSV, TSV, JSON lines or Parquet, a folder of them "
        "(train.csv, test.csv), or their shards ('x/*.parquet', in quotes); NPZ, NPY, IDX, CIFAR's "
        ".bin, WebDataset's .tar; a database of Caffe's (LMDB, LevelDB, HDF5), or of protonet's",
    )
    parser.add_argument(
        "destination", metavar="DST", help="the dataset to make: NAME.lmdb or NAME.h5"
    )
    _add_images(parser)
    _add_records(parser)
    _add_columns(parser)
    parser.add_argument(
        "--workers", metavar="N", help="threads that convert (default: one for each core)"
    )
    parser.add_argument("--force", action="store_true", help="replace DST if it is there")
    parser.add_argument(
        "--restart",
        action="store_true",
        help="begin again, even if an earlier run was killed and left an LMDB to go on with",
    )


def _add_images(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("images")
    group.add_argument(
        "--resize",
        metavar="WxH|short:N",
        help="scale every image to this many pixels, or its shorter side",
    )
    group.add_argument(
        "--gray", action="store_true", help="store one channel (luma) instead of RGB"
    )
    group.add_argument(
        "--encoded",
        action="store_true",
        help="keep the bytes of JPEGs and PNGs, which are decoded when they are read",
    )
    group.add_argument(
        "--encode", metavar="jpg:Q|png", help="store images as JPEG of quality Q, or as PNG"
    )
    group.add_argument(
        "--raw", action="store_true", help="store pixels, which are read fastest (the default)"
    )
    group.add_argument(
        "--root", metavar="FOLDER", help="where the paths of a list or a table start"
    )
    group.add_argument(
        "--caffe", action="store_true", help="write LMDBs of Datum, which Caffe reads"
    )


def _add_records(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("records")
    group.add_argument("--shuffle", metavar="SEED", help="store the records in a random order")
    group.add_argument(
        "--split",
        metavar="NAME:FRACTION,…",
        help="make several tables, read as DST/NAME, each with its fraction of every class; equal "
        "records go to one table",
    )
    group.add_argument("--limit", metavar="N", help="take N records at most")
    group.add_argument(
        "--on-error",
        metavar="stop|skip",
        default="stop",
        help="what to do about what cannot be read: write nothing and name it all (stop, the "
        "default), or leave it out and list it in DST's name with .rejects.tsv (skip)",
    )


def _add_columns(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("columns of CSV, TSV, JSON lines and Parquet")
    group.add_argument(
        "--label",
        metavar="NAME,…",
        help="the column, or columns, of the label (default: label, class, target or y)",
    )
    group.add_argument(
        "--numbers",
        action="store_true",
        help="the label is a number to predict, even where it is whole, and no class",
    )
    group.add_argument("--ignore", metavar="NAME,…", help="columns to leave out")
    group.add_argument(
        "--columns", metavar="NAME,…", help="names of the columns, if the file has none"
    )
    group.add_argument("--text", metavar="NAME,…", help="columns that are texts, not categories")
    group.add_argument(
        "--tokens", metavar="words|characters", default="words", help="what a text is made of"
    )
    group.add_argument("--length", metavar="N", help="tokens of a stored text (default: the most)")
    group.add_argument("--vocabulary", metavar="N", help="know the N most frequent tokens only")


def run(options: argparse.Namespace) -> int:
    """Convert, then print what was made and what to do next."""
    from protonet.convert import convert

    chosen = _chosen(options)
    source = _source(options.source)
    with closing(ProgressBar("records", Terminal(sys.stderr))) as bar:
        report = convert(source, Path(options.destination), chosen, bar)
    for line in report_lines(report, caffe=options.caffe):
        print(printable(line))
    return 0


def _source(given: list[str]) -> Path:
    """Return the only source."""
    if len(given) > 1:
        raise UsageError(
            f"{given[0]} and {len(given) - 1} more: there is one source; files that are one table "
            f"are given as a pattern in quotes, for instance '*{Path(given[0]).suffix}'"
        )
    return Path(given[0])


def _chosen(options: argparse.Namespace) -> ConvertOptions:
    from protonet.convert import ConvertOptions, TableOptions, parse_resize, parse_split

    if options.on_error not in ("stop", "skip"):
        raise UsageError(f'--on-error "{options.on_error}": expected stop or skip')
    return ConvertOptions(
        resize=options.resize and parse_resize(options.resize),
        encode=_encoding(options),
        gray=options.gray,
        shuffle=_whole_number("--shuffle", options.shuffle),
        split=options.split and parse_split(options.split),
        root=options.root,
        force=options.force,
        restart=options.restart,
        workers=_whole_number("--workers", options.workers),
        limit=_whole_number("--limit", options.limit),
        skip=options.on_error == "skip",
        caffe=options.caffe,
        table=TableOptions(
            label=_names("--label", options.label) or None,
            columns=_names("--columns", options.columns) or None,
            ignore=_names("--ignore", options.ignore),
            text=_names("--text", options.text),
            numbers=options.numbers,
            tokens=options.tokens,
            length=_whole_number("--length", options.length),
            vocabulary=_whole_number("--vocabulary", options.vocabulary),
        ),
    )


def _encoding(options: argparse.Namespace) -> Encoding | None:
    from protonet.convert import Encoding, parse_encode

    given = {"--raw": options.raw, "--encoded": options.encoded, "--encode": options.encode}
    chosen = [option for option, value in given.items() if value]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)}: images are stored in one way; give one of them")
    if options.encode:
        return parse_encode(options.encode)
    return Encoding() if options.encoded else None


def _names(option: str, text: str | None) -> tuple[str, ...]:
    """Return the names between commas; one in double quotes may hold commas."""
    if text is None:
        return ()
    names = tuple(name.strip() for name in next(csv.reader([text]), []))
    if not all(names):
        raise UsageError(f'{option} "{text}": names between commas are needed')
    return names


def _whole_number(option: str, text: str | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError as error:
        raise UsageError(f'{option} "{text}": a whole number is needed') from error
