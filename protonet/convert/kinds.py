"""What the cells of a column are: numbers, categories, texts, lists of numbers or images.

* Numbers: nine of ten cells are; the rest are errors. Truth values count as 0 and 1.
* Lists of numbers, all of one length.
* Images: texts that end like the name of an image.
* Texts: where they are asked for, or where half of the cells have three words or more.
* Categories: all other texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from protonet.convert.files import is_image_name
from protonet.convert.frame import Cell, is_missing

Kind = Literal["number", "list", "image", "text", "category"]

_MOST_STRANGE = 0.1
_TEXT_WORDS = 3


def kind_of(cells: Sequence[Cell]) -> Kind | None:
    """Return what cells are, or None where all are missing."""
    present = [cell for cell in cells if not is_missing(cell)]
    if not present:
        return None
    if any(isinstance(cell, list) for cell in present):
        return "list"
    strange = sum(number(cell) is None for cell in present)
    if strange <= _MOST_STRANGE * len(present):
        return "number"
    if all(is_image_name(str(cell).strip()) for cell in present):
        return "image"
    long = sum(len(str(cell).split(maxsplit=_TEXT_WORDS)) >= _TEXT_WORDS for cell in present)
    return "text" if 2 * long >= len(present) else "category"


def number(cell: Cell) -> float | None:
    """Return the number in a cell, or None."""
    if isinstance(cell, bool | int | float):
        return float(cell)
    if not isinstance(cell, str):
        return None
    try:
        value = float(cell)
    except ValueError:
        return None
    return None if "_" in cell else value


def is_whole(cell: Cell) -> bool:
    """Tell whether a cell holds a whole number, written without a point.

    >>> is_whole("3"), is_whole("3.0"), is_whole(3), is_whole(3.0)
    (True, False, True, False)
    """
    if isinstance(cell, str):
        digits = cell.strip().removeprefix("-")
        return digits.isascii() and digits.isdecimal() and len(digits) < 19
    return isinstance(cell, int)


def strange_cells(name: str, cells: Sequence[Cell], kind: Kind) -> Iterator[tuple[int, str]]:
    """Yield the rows whose cell cannot be what its column is, and why."""
    length = next((len(cell) for cell in cells if isinstance(cell, list)), 0)
    for row, cell in enumerate(cells):
        if kind == "text":
            continue
        if is_missing(cell):
            yield row, f"{name} is missing"
        elif kind == "number" and (number(cell) is None or not _is_finite(cell)):
            yield row, f"{name} is `{_short(cell)}`, and the column holds numbers"
        elif kind == "list" and not isinstance(cell, list):
            yield row, f"{name} is `{_short(cell)}`, and the column holds lists"
        elif isinstance(cell, list) and len(cell) != length:
            yield row, f"{name} has {len(cell)} numbers, and the first row has {length}"


def _is_finite(cell: Cell) -> bool:
    value = number(cell)
    return value is not None and abs(value) < float("inf")


def _short(cell: Cell) -> str:
    text = " ".join(str(cell).split())
    return text if len(text) <= 40 else f"{text[:39]}…"
