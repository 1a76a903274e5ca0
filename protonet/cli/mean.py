"""`protonet mean`: the mean image of a database, as a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from protonet.cli.databases import add_database, printable
from protonet.errors import UsageError

HELP = "write the mean image of a database, as Caffe's compute_image_mean does"
EXAMPLE = """\
protonet mean photos.lmdb/train mean.npy
protonet mean caffe_train_lmdb mean.binaryproto"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_database(parser)
    parser.add_argument("out", metavar="OUT", type=Path, help="NAME.npy, or NAME.binaryproto")
    parser.add_argument("--force", action="store_true", help="replace OUT if it is there")


def run(options: argparse.Namespace) -> int:
    """Read all records, write their mean, and print that of each channel."""
    from protonet.convert import ConvertOptions
    from protonet.convert.mean_file import write_mean
    from protonet.convert.stored import mean_of, open_stored
    from protonet.data.quiet import quiet_pillow

    with quiet_pillow():
        tables = open_stored(Path(options.database))
        if len(tables) > 1:
            addresses = " or ".join(table.address for table in tables)
            raise UsageError(f"there are {len(tables)} tables; name one: {addresses}")
        mean = mean_of(tables[0], ConvertOptions().threads)
    write_mean(options.out, mean, force=options.force)
    order = tables[0].part.order
    shape = "x".join(map(str, mean.shape))
    known = f" ({order})" if order else ""
    print(printable(f"made {options.out}: mean of {tables[0].part.count} records, {shape}{known}"))
    for channel, values in enumerate(mean.reshape(mean.shape[0] if mean.ndim else 1, -1)):
        print(f"  mean_value channel [{channel}]: {values.mean():.6g}")
    return 0
