"""CSV and TSV: a line for each record, cells between commas or tabs.

* The ending tells the delimiter: `.tsv` and `.tab` tabs, `.csv` the one of comma, semicolon and tab
  that the first line has most of. Either may be packed, `.csv.gz`.
* The first line names the columns, unless one of its cells is a number or `columns` names them;
  without names they are called 1, 2, 3 and so on.
* In a CSV, cells may be quoted, and hold delimiters and line ends then; a TSV has no quotes.
* UTF-8, with or without a byte order mark. Blank lines are passed over. A row of another number of
  cells than there are columns is no record.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from protonet.convert.files import shown
from protonet.convert.frame import Cell, Frame, is_missing
from protonet.convert.source import Reject
from protonet.errors import DataError, UsageError

ENDINGS = (".csv", ".tsv", ".tab")
_DELIMITERS = (",", ";", "\t")
_OPEN_END = "unexpected end of data"
"""What the csv module says of quotes that are not closed."""
_LONGEST_CELL = 1 << 24


def is_table_name(name: str) -> bool:
    """Tell whether a file's name is that of a CSV or TSV."""
    return name.lower().removesuffix(".gz").endswith(ENDINGS)


def read_delimited(file: Path, columns: tuple[str, ...] | None, table: str | None = None) -> Frame:
    """Read a CSV or TSV.

    Args:
        file: it.
        columns: names of its columns; None takes them from the first line.
        table: name of the table that it becomes.

    Raises: DataError if it cannot be read, is empty or names a column twice; UsageError if
        `columns` are not as many as its first line has.
    """
    where = shown(file)
    rows = _rows(_text(file), file.name.lower().removesuffix(".gz"), where)
    first = next(rows, None)
    if first is None:
        raise DataError(f"{where}: the table is empty")
    line, cells = first
    names, is_head = _names(cells, columns, where)
    by_place: list[list[Cell]] = [[] for _ in names]
    lines, rejects = [], []
    for line, cells in rows if is_head else chain([first], rows):
        if len(cells) == len(names):
            lines.append(line)
            for column, cell in zip(by_place, cells, strict=True):
                column.append(cell)
        else:
            why = f"{where}:{line}: {len(cells)} cells, and there are {len(names)} columns"
            rejects.append(Reject(f"{where}:{line}", why))
    if not lines and not rejects:
        raise DataError(f"{where}: the table has no rows below the names of its columns")
    by_name = dict(zip(names, by_place, strict=True))
    return Frame(where, by_name, lines, table, tuple(rejects), folder=str(file.parent))


def _text(file: Path) -> str:
    where = shown(file)
    try:
        data = file.read_bytes()
        if file.name.lower().endswith(".gz"):
            data = gzip.decompress(data)
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(
            f"{where}:{line}: the byte {data[error.start]:02x} is no UTF-8; write the table as "
            f"UTF-8, for instance: iconv -f latin1 -t utf-8 {where}"
        ) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{where}: its gzip data is damaged ({error}); get it again") from error
    except OSError as error:
        raise DataError(f"{where}: cannot be read: {error.strerror or error}") from error


def _rows(text: str, name: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the first line and the cells of each row that is not blank."""
    lines = io.StringIO(text, newline="")
    csv.field_size_limit(_LONGEST_CELL)
    if name.endswith(".csv"):
        delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
    else:
        reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        why = str(error)
        if why == _OPEN_END:
            why = "a cell in quotes begins in it, or below, and never ends; close it"
        raise DataError(f"{where}:{line}: the row cannot be read: {why}") from error


def _names(cells: list[str], given: tuple[str, ...] | None, where: str) -> tuple[list[str], bool]:
    """Return the names of the columns, and whether the first line is that of the names."""
    if given is not None:
        if len(given) != len(cells):
            raise UsageError(
                f"--columns {','.join(given)}: {len(given)} names, and the first line of {where} "
                f"has {len(cells)} cells"
            )
        return list(given), False
    if any(_is_number(cell) for cell in cells):
        return [str(place) for place in range(1, len(cells) + 1)], False
    names = [cell.strip() or str(place) for place, cell in enumerate(cells, 1)]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise DataError(f"{where}:1: two columns are called {name}; rename one")
    return names, True


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return not is_missing(cell)
