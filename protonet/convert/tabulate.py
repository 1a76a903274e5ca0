"""Tables of cells → parts: which columns become which field.

* `label`: the column, or columns, that are named for it; else one called label, class, target or y.
  Whole numbers from 0 are classes, texts are classes by name, all others are float32 numbers.
* `data`: the images, where there are any; else all columns of numbers side by side, float32.
* Each column of categories is a field of its own, int64, that keeps the names of its values; so is
  each column of texts, int32, padded to one length, with a field `NAME_lengths` beside it, and each
  column of lists, float32. The only one is called `data`, if nothing else is.

The tables of one set share classes, categories and vocabulary; the vocabulary is learnt from the
first alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from protonet.convert.column_fields import Labels, encode, label_fields
from protonet.convert.files import ImageFiles, shown
from protonet.convert.frame import Cell, Frame
from protonet.convert.kinds import Kind, kind_of, strange_cells
from protonet.convert.options import ConvertOptions, TableOptions
from protonet.convert.some_images import SomeImages
from protonet.convert.source import LABEL, Images, Part, Reject, Values
from protonet.errors import DataError, UsageError
from protonet.records import suggestion

LABEL_NAMES = ("label", "class", "target", "y", "cls")
"""Names of a column that is taken for the label, in any case; the first that occurs."""


@dataclass(frozen=True)
class _Roles:
    """What each column is for."""

    label: tuple[str, ...]
    image: str | None
    features: dict[str, Kind]


def tabulate(frames: Sequence[Frame], options: ConvertOptions) -> tuple[Part, ...]:
    """Return a part for each table; all have the same fields.

    Raises: UsageError if an option names a column that is not there; DataError if the columns
        differ from table to table, or hold nothing.
    """
    _check_same(frames)
    kinds = _kinds(frames, options.table)
    roles = _roles(frames[0], kinds, options)
    used = {name: kinds[name] for name in (*roles.label, *roles.features)}
    cleaned = [_checked(frame, used) for frame in frames]
    cleaned = [_located(frame, roles.image, options.root) for frame in cleaned]
    cells = [frame.columns for frame in cleaned]
    labels = label_fields(cells, {name: kinds[name] for name in roles.label}, options.table)
    has_image = roles.image is not None or frames[0].images is not None
    features = encode(cells, roles.features, options.table, has_image=has_image)
    notes = tuple(_notes(frames[0], roles, labels))
    return tuple(
        _part(frame, _images(frame, roles.image, options), values, labels, place, notes)
        for place, (frame, values) in enumerate(zip(cleaned, features, strict=True))
    )


def _check_same(frames: Sequence[Frame]) -> None:
    first = frames[0]
    for frame in frames[1:]:
        if frame.columns.keys() != first.columns.keys():
            raise DataError(
                f"{frame.where}: its columns are {', '.join(frame.columns)}, and those of "
                f"{first.where} are {', '.join(first.columns)}"
            )


def _kinds(frames: Sequence[Frame], options: TableOptions) -> dict[str, Kind]:
    """Return the kind of each column that is neither left out nor empty."""
    names = list(frames[0].columns)
    for option, given in (("--text", options.text), ("--ignore", options.ignore),
                          ("--label", options.label or ())):  # fmt: skip
        for name in given:
            if name not in names:
                raise UsageError(
                    f"{option} {name}: {frames[0].where} has no such column; "
                    f"{suggestion(name, names)}"
                )
    found: dict[str, Kind] = {}
    for name in names:
        kind = kind_of([cell for frame in frames for cell in frame.columns[name]])
        if kind is not None and name not in options.ignore:
            found[name] = "text" if name in options.text else kind
    return found


def _roles(frame: Frame, kinds: Mapping[str, Kind], options: ConvertOptions) -> _Roles:
    label = options.table.label
    if label is None:
        by_name = {name.lower(): name for name in kinds}
        label = tuple(by_name[name] for name in LABEL_NAMES if name in by_name)[:1]
    empty = [name for name in label if name not in kinds]
    if empty:
        raise DataError(f"{frame.where}: the column {empty[0]} is empty, and so no label")
    images = [name for name, kind in kinds.items() if kind == "image" and name not in label]
    if len(images) > 1 or (images and frame.images is not None):
        raise UsageError(
            f"{frame.where}: the columns {', '.join(images)} hold images, and a record has one; "
            f"leave out the others, for instance --ignore {images[-1]}"
        )
    features = {
        name: kind for name, kind in kinds.items() if name not in label and name not in images
    }
    return _Roles(label, images[0] if images else None, features)


def _checked(frame: Frame, used: Mapping[str, Kind]) -> Frame:
    """Return a table without the rows that miss something; those are rejects then."""
    strange: dict[int, str] = {}
    for name, kind in used.items():
        for row, why in strange_cells(name, frame.columns[name], kind):
            strange.setdefault(row, why)
    return _without(frame, strange)


def _without(frame: Frame, strange: Mapping[int, str]) -> Frame:
    if not strange:
        return frame
    rejects = tuple(
        Reject(frame.place(row), f"{frame.place(row)}: {strange[row]}") for row in sorted(strange)
    )
    kept = [row for row in range(len(frame.lines)) if row not in strange]
    columns = {name: [cells[row] for row in kept] for name, cells in frame.columns.items()}
    lines: list[Any] = [frame.lines[row] for row in kept]
    images = None if frame.images is None else SomeImages(frame.images, kept)
    return replace(
        frame, columns=columns, lines=lines, rejects=frame.rejects + rejects, images=images
    )


def _located(frame: Frame, image: str | None, root: str | None) -> Frame:
    """Return a table with the paths of its images; rows whose file is not there are rejects."""
    if image is None:
        return frame
    folder = frame.folder if root is None else root
    paths = [os.path.join(folder, str(cell).strip()) for cell in frame.columns[image]]
    missing = {
        row: f"there is no file {shown(path)}"
        for row, path in enumerate(paths)
        if not os.path.isfile(path)
    }
    columns: dict[str, list[Cell]] = {**frame.columns, image: list(paths)}
    return _without(replace(frame, columns=columns), missing)


def _images(frame: Frame, column: str | None, options: ConvertOptions) -> Images | None:
    if column is None:
        return frame.images
    return ImageFiles([str(path) for path in frame.columns[column]], options.gray)


def _part(
    frame: Frame,
    images: Images | None,
    features: Mapping[str, Values],
    labels: Labels,
    place: int,
    notes: tuple[str, ...],
) -> Part:
    values = dict(features)
    if labels.tables:
        values[LABEL] = labels.tables[place]
    if images is None and not values:
        raise DataError(f"{frame.where}: it has no column to make a field of")
    return Part(
        images, values, labels.classes, frame.table, notes, rejects=frame.rejects, tabular=True
    )


def _notes(frame: Frame, roles: _Roles, labels: Labels) -> Iterator[str]:
    if not roles.label:
        yield (
            f"{frame.where}: none of its columns, {', '.join(frame.columns)}, is called a label; "
            "--label NAME names one"
        )
    elif labels.classes is not None and len(labels.classes) == 1:
        yield f"{frame.where}: all rows are of one class, so that there is nothing to learn"
    empty = [name for name in frame.columns if not (name in roles.features or name in roles.label)]
    left_out = [name for name in empty if name != roles.image]
    if left_out:
        yield f"{frame.where}: left out {', '.join(left_out)}"
