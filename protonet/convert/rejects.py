"""The report of what was left out: `NAME.rejects.tsv`, a path and a reason on each line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from protonet.convert.source import Reject
from protonet.data.place import disk_errors

_HEAD = "record\treason\n"


def report_path(destination: Path) -> Path:
    """Return where the report of a dataset lies.

    >>> str(report_path(Path("data/photos.lmdb")))
    'data/photos.rejects.tsv'
    """
    return destination.with_suffix(".rejects.tsv")


def write_report(destination: Path, rejects: Sequence[Reject]) -> Path | None:
    """Write what was left out; remove an older report where nothing was.

    Raises: StorageError if the disk refuses.
    """
    path = report_path(destination)
    with disk_errors(path):
        if not rejects:
            path.unlink(missing_ok=True)
            return None
        partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        lines = (f"{_cell(reject.name)}\t{_cell(reject.why)}\n" for reject in rejects)
        try:
            partial.write_text(_HEAD + "".join(lines), encoding="utf-8", errors="replace")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    return path


def _cell(text: str) -> str:
    return " ".join(text.split())
