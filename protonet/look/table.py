"""A table of texts whose width fits where it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

_GAP = "  "
_NO_CUTS = MappingProxyType[int, int]({})
_READABLE = 8
"""A column that may vanish does so before it becomes narrower than this."""


def table(
    rows: Sequence[Sequence[str]],
    *,
    right: frozenset[int] = frozenset(),
    cut: Mapping[int, int] = _NO_CUTS,
    width: int | None = None,
) -> list[str]:
    """Return the lines of a table; a column without any text is left out.

    Args:
        rows: its cells, as many in each row; the first row is the head.
        right: columns that end at their right side.
        cut: columns whose cells may be shortened in their middle, in this order, and the width that
            is left to each; a column with 0 may vanish.
        width: of the terminal, in characters; None: nothing is cut.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for place, column in enumerate(zip(*rows[1:], strict=True)):
        widths[place] *= any(column)
    if width is not None:
        _narrow(widths, cut, width)
    return [_line(row, widths, right) for row in rows]


def _narrow(widths: list[int], cut: Mapping[int, int], width: int) -> None:
    """Take from the columns that may be cut what stands over."""
    for column, least in cut.items():
        over = sum(widths) + len(_GAP) * (sum(map(bool, widths)) - 1) - width
        if over > 0 and widths[column]:
            left = max(widths[column] - over, least)
            widths[column] = min(widths[column], 0 if least == 0 and left < _READABLE else left)


def _line(row: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> str:
    cells = []
    for place, (text, width) in enumerate(zip(row, widths, strict=True)):
        cell = shortened_middle(text, width)
        if width:
            cells.append(cell.rjust(width) if place in right else cell.ljust(width))
    return _GAP.join(cells).rstrip()


def shortened_middle(text: str, most: int) -> str:
    """Return a text of at most so many characters; its end says more than its beginning.

    >>> shortened_middle("inception_4e/5x5_reduce", 15)
    'incep…x5_reduce'
    """
    if len(text) <= most:
        return text
    tail = (most - 1) * 2 // 3
    return f"{text[: max(most - 1 - tail, 0)]}…{text[len(text) - tail :]}"[:most]
