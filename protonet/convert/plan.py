"""Which records become which table, in which order."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from protonet.convert.batches import Batches, check_one_size, new_batches
from protonet.convert.contents import contents
from protonet.convert.options import ConvertOptions
from protonet.convert.order import Indices, order, split_labels
from protonet.convert.source import Part
from protonet.errors import StorageError

_ROOM = 1.01
"""What a dataset takes beyond its records: checksums, pages, the header."""


@dataclass(frozen=True)
class Plan:
    """One table to be written: which records of which part, in order, in which batches."""

    part: Part
    name: str | None
    rows: Indices
    batches: Batches


def plan(parts: Sequence[Part], options: ConvertOptions) -> list[Plan]:
    """Return the tables to be written.

    Raises: DataError if images differ in size and none was asked for, or a table of a split would
        be empty.
    """
    plans = [one for part in parts for one in _plans(part, options)]
    check_one_size([one.batches for one in plans])
    if len(plans) < 2:
        return plans
    return [replace(one, batches=replace(one.batches, hashed=True)) for one in plans]


def check_room(plans: Sequence[Plan], destination: Path, stored: int = 0) -> None:
    """Refuse what the disk has no room for, before anything is written.

    Args:
        plans: the tables.
        destination: where they go.
        stored: how many bytes of them are there already.

    Raises: StorageError.
    """
    wanted = int(_ROOM * sum(len(one.rows) * one.batches.record_bytes for one in plans)) - stored
    folder = Path(os.path.realpath(destination)).parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return  # what writes there will say why it cannot
    if wanted > free:
        raise StorageError(
            f"{destination}: it needs {_size(wanted)}, and {folder} has {_size(free)} free; free "
            "some, give another place, or a smaller --resize"
        )


def _plans(part: Part, options: ConvertOptions) -> Iterator[Plan]:
    rows = order(part.count, options.shuffle)[: options.limit]
    batches = new_batches(part, options.resize, rows, encoding=options.encode)
    if not options.split:
        yield Plan(part, part.table, rows, batches)
        return
    tables = split_labels(
        part.strata[rows],
        options.split,
        options.shuffle or 0,
        contents(part, options.threads)[rows],
    )
    for number, (name, _) in enumerate(options.split):
        yield Plan(part, name, rows[tables == number], batches)


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
