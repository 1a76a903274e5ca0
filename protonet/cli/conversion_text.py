"""What a conversion has made, in words, and how to go on."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from protonet.cli.progress import per_second

if TYPE_CHECKING:
    from protonet.convert import Report, TableReport
    from protonet.data.header import FieldSpec

_SHOWN_CLASSES = 10
_SHOWN_NUMBERS = 10
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_PLAIN = re.compile(r"[\w./-]+", re.ASCII)


def report_lines(report: Report, *, caffe: bool) -> list[str]:
    """Return what a person should know of a conversion, and a spec that trains on what it made.

    Args:
        report: what was made.
        caffe: for Caffe, which has no spec.
    """
    rate = per_second(report.count / max(report.seconds, 1e-9))
    lines = [
        f"made {report.path}: {report.count} records in {report.seconds:.1f} s ({rate})",
        *(line for table in report.tables for line in table_lines(table)),
        *(f"note: {note}" for note in report.notes),
        *(line for table in report.tables for line in _not_finite(table)),
    ]
    if report.rejects is not None:
        total = report.count + report.rejected
        lines.append(f"note: left out {report.rejected} of {total} records: see {report.rejects}")
    train = _sets(report)["train"]
    if train.header.sorted_labels:
        advice = "convert again with --shuffle SEED"
        if not caffe:
            advice = f"train with `shuffle: true`, as below, or {advice}"
        lines.append(f"note: the records of {train.address} are sorted by label: {advice}")
    if _has_sizes(report):
        lines.append(
            "note: the images have different sizes, and a net takes one: begin the transform with "
            "{type: RandomResizedCrop, size: 224} to train, with {type: Resize, short: 256} and "
            "{type: CenterCrop, size: 224} to test; or convert again with --resize WxH"
        )
        return lines
    return lines if caffe else lines + _next(report)


def _not_finite(table: TableReport) -> list[str]:
    """Return a note on numbers that make every loss NaN: a table has no mean because of them."""
    first = table.header.fields[0]
    if table.header.mean is not None or not first.dtype.startswith("float"):
        return []
    return [
        f"note: {first.name} of {table.address} has no finite mean: NaN or infinity is among its "
        "numbers, and a net that is trained on them learns nothing; repair them and convert again"
    ]


def _has_sizes(report: Report) -> bool:
    return any(field.shape is None for table in report.tables for field in table.header.fields)


def table_lines(table: TableReport) -> list[str]:
    """Return what a person should know of a table: its fields, statistics and classes."""
    header = table.header
    first, *others = header.fields
    channels = f"{header.channels}, " if header.channels else ""
    shape = "x".join(map(str, first.shape or ())) or "one number"
    if first.kind == "image":
        shape = f"encoded images, {shape if first.shape else 'of different sizes'}"
    lines = [f"  {table.address}: {header.count} records of {shape} ({channels}{first.dtype})"]
    lines += [f"    {line}" for field in others if (line := _field_line(field))]
    if header.mean and header.std:
        lines.append(f"    mean {_numbers(header.mean)}, standard deviation {_numbers(header.std)}")
    if header.classes and header.class_counts:
        counts = [
            f"{name} {n}" for name, n in zip(header.classes, header.class_counts, strict=True)
        ]
        more = f" and {len(counts) - _SHOWN_CLASSES} more" if len(counts) > _SHOWN_CLASSES else ""
        noun = "class" if len(counts) == 1 else "classes"
        lines.append(f"    {len(counts)} {noun}: {', '.join(counts[:_SHOWN_CLASSES])}{more}")
    return lines


def _field_line(field: FieldSpec) -> str:
    """Return a line on a field; none on a label that is the number of a class."""
    if field.name == "label" and field.shape == () and field.dtype == "int64":
        return ""
    known = f", {len(field.names)} names" if field.names else ""
    return f"{field.name}: {list(field.shape or ())} {field.dtype}{known}"


def _numbers(values: tuple[float, ...]) -> str:
    more = f", … ({len(values)} in all)" if len(values) > _SHOWN_NUMBERS else ""
    return "[" + ", ".join(f"{value:.2f}" for value in values[:_SHOWN_NUMBERS]) + more + "]"


def _sets(report: Report) -> dict[str, TableReport]:
    """Return the tables by the names that a spec gives them; one of them is `train`, the first."""
    names = [table.name or "train" for table in report.tables]
    if "train" not in names:
        names[0] = "train"
    pairs = zip(names, report.tables, strict=True)
    return dict(sorted(pairs, key=lambda pair: pair[0] != "train"))


def _next(report: Report) -> list[str]:
    """Return a spec that trains on this dataset, but for the layers and the solver."""
    sets = _sets(report)
    header = sets["train"].header
    classes = f"; num_output of the last is {len(header.classes)}" if header.classes else ""
    return [
        "",
        "next: save this as NAME.yaml in this folder, complete it, and: protonet train NAME.yaml",
        "",
        "data:",
        *(f"  {name}: {_source(name, table)}" for name, table in sets.items()),
        "net:",
        f"  inputs: {{{', '.join(_input(field) for field in header.fields)}}}",
        f"  layers:  # your layers{classes}",
        "solver:  # your solver",
    ]


def _input(field: FieldSpec) -> str:
    """Return the input of a net that takes a field as it is, pixels as numbers."""
    shape = list(field.shape or ())
    name = field.name if _NAME.fullmatch(field.name) else json.dumps(field.name)
    is_number = field.dtype.startswith("float") or (field.name == "data" and field.names is None)
    if is_number:
        return f"{name}: {shape}"
    return f"{name}: {{shape: {shape}, dtype: int64}}"


def _source(name: str, table: TableReport) -> str:
    address, header = table.address, table.header
    if not _PLAIN.fullmatch(address):
        address = json.dumps(address, ensure_ascii=False)
    shuffle = ", shuffle: true" if name == "train" else ""
    transform = ", transform: {scale: 0.00390625}" if header.channels else ""
    return f"{{source: {address}, batch_size: 64{shuffle}{transform}}}"
