"""`protonet inspect`: what a database holds."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protonet.cli.conversion_text import table_lines
from protonet.cli.databases import add_database, printable
from protonet.cli.looking import add_format
from protonet.errors import StorageError, UsageError

if TYPE_CHECKING:
    from protonet.convert.stored import Stored
    from protonet.convert.window_list import WindowFacts
    from protonet.data.header import FieldSpec, Header

HELP = "show what a database holds: fields, classes, statistics, records, a sheet of images"
EXAMPLE = """\
protonet inspect photos.lmdb
protonet inspect photos.lmdb/train --sheet sheet.png
protonet inspect table.h5 --record 17
protonet inspect photos.lmdb --format json"""

_BAR = 30
_SHOWN_CLASSES = 40
_SHOWN_NAMES = 8
_USUAL, _MOST = 64, 400
"""Images on a sheet."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_database(parser)
    parser.add_argument(
        "--record", metavar="N", type=int, help="show one record, counted from 0; -1 is the last"
    )
    parser.add_argument("--sheet", metavar="OUT.png", type=Path, help="draw images as a PNG")
    parser.add_argument(
        "--count", metavar="N", type=int, help=f"images on the sheet (default: {_USUAL})"
    )
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print what is asked for."""
    from protonet.data.quiet import quiet_pillow
    from protonet.data.window_file import is_window_file

    _check(options)
    if is_window_file(options.database):
        return _windows(options)
    with quiet_pillow():
        return _tables(options)


def _tables(options: argparse.Namespace) -> int:
    """Print what is asked of the tables."""
    from protonet.convert.stored import open_stored

    tables = open_stored(Path(options.database))
    if options.record is not None or options.sheet is not None:
        table = _only(tables)
        if options.record is not None:
            print("\n".join(_record_lines(table, options.record)))
        if options.sheet is not None:
            _draw(table, options.sheet, options.count or _USUAL)
        return 0
    headers = [(table.address, table.header()) for table in tables]
    if options.format == "json":
        data = {address: header.model_dump(mode="json") for address, header in headers}
        print(json.dumps(data, indent=1, ensure_ascii=False))
        return 0
    for address, header in headers:
        print(printable("\n".join(_lines(address, header))))
    return 0


def _windows(options: argparse.Namespace) -> int:
    """Print what a window file holds."""
    from protonet.convert.window_list import window_facts

    if options.record is not None or options.sheet is not None:
        raise UsageError(
            f"{options.database}: windows are cut out as they are drawn; protonet preview SPEC "
            "OUT.png shows what a net gets of them"
        )
    facts = window_facts(options.database)
    if options.format == "json":
        print(json.dumps({options.database: asdict(facts)}, indent=1, ensure_ascii=False))
        return 0
    print(printable("\n".join(_window_lines(options.database, facts))))
    return 0


def _window_lines(address: str, facts: WindowFacts) -> Iterator[str]:
    windows = f"{facts.windows:,} window{'s' * (facts.windows != 1)}"
    yield f"  {address}: {windows} in {facts.images:,} image{'s' * (facts.images != 1)}"
    yield f"    {facts.background:,} overlap an object by less than {facts.threshold:g}: background"
    named = {f"class {label}": count for label, count in facts.classes.items()}
    if named:
        yield f"    {sum(named.values()):,} by at least {facts.threshold:g}: foreground"
        yield from _bars(list(named), list(named.values()))


def _check(options: argparse.Namespace) -> None:
    if options.sheet is not None and options.sheet.suffix != ".png":
        raise UsageError(f"{options.sheet}: a sheet is .png")
    if options.count is None:
        return
    if not 1 <= options.count <= _MOST:
        raise UsageError(f"--count {options.count}: 1 to {_MOST} images can be shown")
    if options.sheet is None:
        raise UsageError("--count is the number of images on a sheet; --sheet OUT.png draws one")


def _only(tables: tuple[Stored, ...]) -> Stored:
    if len(tables) > 1:
        addresses = " or ".join(table.address for table in tables)
        raise UsageError(f"there are {len(tables)} tables; name one: {addresses}")
    return tables[0]


def _lines(address: str, header: Header) -> Iterator[str]:
    from protonet.convert.report import TableReport

    lines = table_lines(TableReport(address, None, header))
    yield from (line for line in lines if not line.startswith(f"    {_classes(header)}"))
    yield from (line for field in header.fields for line in _names(field))
    yield from _histogram(header)
    if header.sorted_labels:
        yield "    sorted by label: train with `shuffle: true`"
    for key, value in header.made_by.items():
        yield f"    {key}: {value}"
    yield f"    content {header.content_hash}"


def _classes(header: Header) -> str:
    count = len(header.classes or ())
    return f"{count} class{'' if count == 1 else 'es'}:"


def _names(field: FieldSpec) -> Iterator[str]:
    for what, names in (("columns", field.columns), ("names", field.names)):
        if names:
            more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
            yield f"    {field.name} {what}: {', '.join(names[:_SHOWN_NAMES])}{more}"


def _histogram(header: Header) -> Iterator[str]:
    counts, names = header.class_counts, header.classes
    if not counts or not names:
        return
    yield f"    {_classes(header)}"
    yield from _bars(names, counts)


def _bars(names: Sequence[str], counts: Sequence[int]) -> Iterator[str]:
    most, width = max(counts), max(map(len, names[:_SHOWN_CLASSES]))
    for name, count in list(zip(names, counts, strict=True))[:_SHOWN_CLASSES]:
        bar = "#" * -(-_BAR * count // most)
        yield f"      {name:<{width}} {count:>9,} {bar}".rstrip()
    if len(names) > _SHOWN_CLASSES:
        yield f"      and {len(names) - _SHOWN_CLASSES} more"


def _record_lines(table: Stored, index: int) -> Iterator[str]:
    record = table.record(index)
    specs = {field.name: field for field in table.fields()}
    yield f"{table.address}, record {index}"
    for name, value in record.items():
        spec = specs[name]
        yield f"  {name}: {value.dtype} {list(value.shape)}"
        yield f"    {_shown(value, spec, table.part.classes if name == 'label' else None)}"


def _shown(value: Any, spec: FieldSpec, classes: tuple[str, ...] | None) -> str:
    if value.ndim > 1 or value.size > 64:
        return f"from {value.min():g} to {value.max():g}, mean {value.mean():g}"
    names = classes or spec.names
    if names is not None and value.dtype.kind in "iu":
        return " ".join(names[number] for number in value.reshape(-1).tolist())
    if spec.columns is not None:
        pairs = zip(spec.columns, value.tolist(), strict=True)
        return ", ".join(f"{column} {number:g}" for column, number in pairs)
    return " ".join(f"{number:g}" for number in value.reshape(-1).tolist())


def _draw(table: Stored, path: Path, count: int) -> None:
    from protonet.run.sheet import contact_sheet

    picture = contact_sheet(table, table.header(), count)
    try:
        path.write_bytes(picture.png)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}") from error
    print(f"made {path}: {min(count, table.part.count)} records of {table.address}")
