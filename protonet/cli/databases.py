"""What the commands that look into a database have in common."""

from __future__ import annotations

import argparse
import os


def add_database(parser: argparse.ArgumentParser) -> None:
    """Declare the database."""
    parser.add_argument(
        "database",
        metavar="DB",
        help="a dataset, NAME.lmdb or NAME.h5, one of its tables, NAME.lmdb/train, or an LMDB or "
        "LevelDB of Caffe's",
    )


def printable(text: str) -> str:
    """Return a text that can be printed: a path need not be UTF-8."""
    return os.fsencode(text).decode(errors="replace")
