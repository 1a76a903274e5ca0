"""JSON lines: an object on each line, its keys the columns.

Values are texts, numbers, truth values, null and lists of numbers. A key that a line lacks is
missing there.
"""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path

from protonet.convert.files import shown
from protonet.convert.frame import Cell, Frame
from protonet.convert.source import Reject
from protonet.errors import DataError

ENDINGS = (".jsonl", ".ndjson", ".jsonlines")


def is_json_lines_name(name: str) -> bool:
    """Tell whether a file's name is that of JSON lines."""
    return name.lower().removesuffix(".gz").endswith(ENDINGS)


def read_json_lines(file: Path, table: str | None = None) -> Frame:
    """Read a file of JSON lines.

    Raises: DataError if it cannot be read or holds no object, or none that can be a record.
    """
    where = shown(file)
    rows, rejects = [], []
    for line, text in enumerate(_lines(file), 1):
        if not text.strip():
            continue
        row = parse_object(text, f"{where}:{line}")
        if isinstance(row, Reject):
            rejects.append(row)
        else:
            rows.append((line, row))
    if not rows:
        why = (
            f"{rejects[0].why}; no line can be read"
            if rejects
            else f"{where}: holds no line of JSON"
        )
        raise DataError(why)
    names = dict.fromkeys(name for _, row in rows for name in row)
    columns = {name: [row.get(name) for _, row in rows] for name in names}
    lines = [line for line, _ in rows]
    return Frame(where, columns, lines, table, tuple(rejects), folder=str(file.parent))


def parse_object(text: bytes, where: str) -> dict[str, Cell] | Reject:
    """Return the cells of a JSON object, or why it is none."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Reject(where, f"{where}: is no JSON: {error}")
    if not isinstance(row, dict):
        return Reject(where, f"{where}: is {_kind(row)}, and a record is an object")
    for name, value in row.items():
        if not _is_cell(value):
            return Reject(
                where,
                f"{where}: {name} is {_kind(value)}; a value is a text, a number or a list of "
                "numbers",
            )
    return row


def _is_cell(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(number, int | float) for number in value)
    return not isinstance(value, dict)


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return f"{json.dumps(value)[:40]}"


def _lines(file: Path) -> list[bytes]:
    try:
        data = file.read_bytes()
        if file.name.lower().endswith(".gz"):
            data = gzip.decompress(data)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{shown(file)}: its gzip data is damaged ({error}); get it again"
        ) from error
    except OSError as error:
        raise DataError(f"{shown(file)}: cannot be read: {error.strerror or error}") from error
    return data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
