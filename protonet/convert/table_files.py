"""Which files are one table: those that a pattern names, or those of a folder.

* Files are called after the parts of a set, `train-00000-of-00002.parquet`, or all are one table.
* In a folder, several files are one table only where their names differ in numbers alone; a pattern
  takes what it names.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from protonet.convert.files import is_image_name, shown
from protonet.convert.set_folder import TABLES
from protonet.errors import DataError

Tables = dict[str | None, list[Path]]
"""The files of each table, by its name; None for the only one."""

_PATTERN = re.compile(r"[*?[]")


def is_pattern(source: Path) -> bool:
    """Tell whether a path is a pattern of paths, and no path of its own."""
    return bool(_PATTERN.search(str(source))) and not os.path.exists(source)


def matched(source: Path) -> list[Path]:
    """Return the files that a pattern names, in the order of their names.

    Raises: DataError if there are none.
    """
    found = [Path(path) for path in sorted(glob.glob(str(source), recursive=True))]
    files = [path for path in found if path.is_file()]
    if not files:
        why = "only folders have such a name" if found else "no file has such a name"
        raise DataError(f"{shown(source)}: {why}")
    return files


def pattern_tables(source: Path, files: Iterable[Path]) -> Tables:
    """Return the tables of the files that a pattern names.

    Raises: DataError if some are called after the parts of a set, and others are not.
    """
    tables = _by_part(files)
    if len(tables) > 1 and None in tables:
        (named, *_), (other, *_) = tables[next(filter(None, tables))], tables[None]
        raise DataError(
            f"{shown(source)}: {named.name} is called after a part of a set, and {other.name} is "
            "not; give a pattern for either kind"
        )
    return tables


def folder_tables(folder: Path, is_table: Callable[[str], bool]) -> Tables:
    """Return the tables in a folder; nothing where it holds something else too.

    Args:
        folder: it.
        is_table: tells by a name whether a file is one.

    Raises: DataError if two files would become one table.
    """
    entries = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    tables = _by_part(path for path in entries if is_table(path.name))
    alone = tables.pop(None, [])
    if not tables and alone and len({_shape(path) for path in alone}) == 1 and _only(entries):
        return {None: alone}
    for table, files in tables.items():
        shapes = {_shape(path): path.name for path in reversed(files)}
        if len(shapes) > 1:
            first, second, *_ = sorted(shapes.values())
            raise DataError(
                f"{shown(folder)}: {first} and {second} would both become the table {table}; "
                "move one away, or convert each by itself"
            )
    return tables


def _only(entries: Iterable[Path]) -> bool:
    return not any(path.is_dir() or is_image_name(path.name) for path in entries)


def _by_part(files: Iterable[Path]) -> Tables:
    tables: Tables = {}
    for file in files:
        part = TABLES.get(re.split(r"[-_.]", file.name)[0].lower())
        tables.setdefault(part, []).append(file)
    return tables


def _shape(file: Path) -> str:
    """Return a name with its numbers taken out: `train-#-of-#.csv`."""
    return re.sub(r"\d+", "#", file.name)
