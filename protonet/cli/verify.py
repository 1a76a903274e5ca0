"""`protonet verify`: is every record what was written?"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from protonet.cli.databases import add_database, printable
from protonet.cli.progress import ProgressBar
from protonet.cli.terminal import Terminal
from protonet.errors import DataError

if TYPE_CHECKING:
    from protonet.convert.stored import Stored

HELP = "read every record of a database, and name those that are damaged"
EXAMPLE = """\
protonet verify photos.lmdb
protonet verify photos.lmdb/train"""

_SHOWN = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_database(parser)


def run(options: argparse.Namespace) -> int:
    """Read everything; say what was read, or raise what is damaged.

    Raises: DataError naming every damaged chunk or record.
    """
    from protonet.convert.stored import open_stored
    from protonet.data.quiet import quiet_pillow

    damaged: list[str] = []
    with quiet_pillow():
        for table in open_stored(Path(options.database)):
            line, found = _verified(table)
            damaged += found
            if not found:
                print(printable(line))
    if damaged:
        more = [f"and {len(damaged) - _SHOWN} more"] if len(damaged) > _SHOWN else []
        listed = "\n  ".join([*damaged[:_SHOWN], *more])
        noun = "fault" if len(damaged) == 1 else "faults"
        raise DataError(f"{options.database}: {len(damaged)} {noun}\n  {listed}")
    return 0


def _verified(table: Stored) -> tuple[str, list[str]]:
    from protonet.data.verify import verify

    if table.dataset is None or not table.has_checksums:
        rejects = [reject.why for reject in table.rejects()]
        return (
            f"{table.address}: {table.part.count} records can be read (they have no checksums)",
            rejects,
        )
    with closing(ProgressBar("chunks", Terminal(sys.stderr))) as bar:
        found = verify(table.dataset, bar)
    line = f"{found.path}: {found.count} records in {found.chunks} chunks are as they were written"
    return line, list(found.damaged)
