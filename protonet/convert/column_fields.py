"""Columns of cells → fields of numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count

import numpy as np

from protonet.convert.folder import label_order
from protonet.convert.frame import Cell, is_missing
from protonet.convert.kinds import Kind, is_whole, number
from protonet.convert.options import TableOptions
from protonet.convert.source import DATA, MOST_CLASSES, Held, Values, numbered_classes
from protonet.convert.vocabulary import learn, tokens
from protonet.data.layout import Array
from protonet.errors import DataError

Cells = Mapping[str, Sequence[Cell]]
_STRANGE = re.compile(r"[^\w.-]", re.ASCII)
_TAKEN = ("data", "label", "protonet")


@dataclass(frozen=True)
class Labels:
    """The field `label` of several tables.

    Args:
        tables: the field of each; none where there is no label.
        classes: name of each class; None where labels are no classes.
    """

    tables: tuple[Held, ...]
    classes: tuple[str, ...] | None = None


def label_fields(
    tables: Sequence[Cells], kinds: Mapping[str, Kind], options: TableOptions
) -> Labels:
    """Return the labels of tables that share their classes.

    Args:
        tables: the cells of each.
        kinds: what the columns of the label are; none where there is no label.
        options: whether whole numbers are classes.

    Raises: DataError if several columns are not all numbers, or there are too many classes.
    """
    if not kinds:
        return Labels(())
    if len(kinds) > 1 or options.numbers:
        return _numbers(tables, kinds)
    ((name, kind),) = kinds.items()
    if kind == "list":
        return Labels(tuple(Held(_lists(table[name])) for table in tables))
    cells = [table[name] for table in tables]
    if kind == "number":
        return _number_label(cells)
    return _named_label(name, cells)


def _numbers(tables: Sequence[Cells], kinds: Mapping[str, Kind]) -> Labels:
    for name, kind in kinds.items():
        if kind != "number":
            raise DataError(
                f"--label: the column {name} holds no numbers; several labels, and labels that are "
                "to be predicted as numbers, are numbers"
            )
    names = tuple(kinds)
    arrays = [_matrix(table, names) for table in tables]
    if len(names) == 1:
        return Labels(tuple(Held(array[:, 0]) for array in arrays))
    return Labels(tuple(Held(array, columns=names) for array in arrays))


def _number_label(cells: Sequence[Sequence[Cell]]) -> Labels:
    every = [cell for column in cells for cell in column]
    if not all(map(is_whole, every)):
        return Labels(tuple(Held(_column(column).astype(np.float32)) for column in cells))
    numbers = [np.array([int(str(cell)) for cell in column], np.int64) for column in cells]
    if min((int(array.min(initial=0)) for array in numbers), default=0) < 0:
        found = np.unique(np.concatenate(numbers))
        coded = tuple(Held(np.searchsorted(found, array).astype(np.int64)) for array in numbers)
        return Labels(coded, tuple(map(str, found.tolist())))
    classes = numbered_classes(np.concatenate(numbers))
    return Labels(tuple(map(Held, numbers)), classes)


def _named_label(name: str, cells: Sequence[Sequence[Cell]]) -> Labels:
    names = _values(name, cells)
    return Labels(tuple(Held(_coded(column, names)) for column in cells), names)


def encode(
    tables: Sequence[Cells],
    kinds: Mapping[str, Kind],
    options: TableOptions,
    *,
    has_image: bool,
) -> list[dict[str, Values]]:
    """Return the fields of tables that share their categories and vocabularies.

    Args:
        tables: the cells of each.
        kinds: what each column is.
        options: how texts are cut into tokens.
        has_image: whether `data` is an image.

    Raises: DataError if a column has too many categories.
    """
    fields: list[dict[str, Values]] = [{} for _ in tables]
    names = tuple(name for name, kind in kinds.items() if kind == "number")
    others = [name for name in kinds if name not in names]
    if names:
        field = "numbers" if has_image else DATA
        for values, table in zip(fields, tables, strict=True):
            values[field] = Held(_matrix(table, names), columns=names)
    alone = len(others) == 1 and not names and not has_image
    for name in others:
        field = DATA if alone else _field_name(name, fields[0])
        cells = [table[name] for table in tables]
        for values, found in zip(fields, _encoded(name, cells, kinds[name], options), strict=True):
            values[field] = found[0]
            if len(found) > 1:
                values["lengths" if alone else f"{field}_lengths"] = found[1]
    return fields


def _encoded(
    name: str, cells: Sequence[Sequence[Cell]], kind: Kind, options: TableOptions
) -> list[tuple[Held, ...]]:
    if kind == "list":
        return [(Held(_lists(column)),) for column in cells]
    if kind == "category":
        names = _values(name, cells)
        return [(Held(_coded(column, names), names=names),) for column in cells]
    texts = [[tokens(_text(cell), options.tokens) for cell in column] for column in cells]
    longest = max((len(text) for column in texts for text in column), default=0)
    known = learn(texts[0], options.vocabulary, options.length, longest)
    numbers = [known.encode(column) for column in texts]
    return [(Held(array, names=known.names), Held(lengths)) for array, lengths in numbers]


def _field_name(name: str, taken: Iterable[str]) -> str:
    """Return the name of a column as a field can have it, unlike those that are taken."""
    field = _STRANGE.sub("_", name.strip()).lstrip(".-")[:80] or "column"
    reserved = {*_TAKEN, *taken}
    numbered = (f"{field}_{place}" for place in count(2))
    return next(one for one in chain([field], numbered) if one not in reserved)


def _values(name: str, cells: Sequence[Sequence[Cell]]) -> tuple[str, ...]:
    found = {str(cell).strip() for column in cells for cell in column}
    if len(found) > MOST_CLASSES:
        raise DataError(
            f"the column {name} has {len(found)} different values, too many for categories; take "
            f"it as text, --text {name}, or leave it out, --ignore {name}"
        )
    return tuple(label_order(found))


def _coded(cells: Sequence[Cell], names: tuple[str, ...]) -> Array:
    places = {name: place for place, name in enumerate(names)}
    return np.array([places[str(cell).strip()] for cell in cells], np.int64)


def _text(cell: Cell) -> str:
    return "" if is_missing(cell) else str(cell)


def _matrix(table: Cells, names: Sequence[str]) -> Array:
    return np.stack([_column(table[name]) for name in names], axis=1).astype(np.float32)


def _column(cells: Sequence[Cell]) -> Array:
    return np.array([number(cell) for cell in cells], np.float64)


def _lists(cells: Sequence[Cell]) -> Array:
    return np.array(cells, np.float64).astype(np.float32)
