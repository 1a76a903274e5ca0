from __future__ import annotations

import numpy as np

from protonet.evaluate import Score
from protonet.run.board.confusion import confusion_picture
from tests.run.board.test_grid import Pixels, decoded

AXES = ("actual", "predicted")
LONG = ("a cat, as it is called here", "dog")  # so that the table ends at the right edge
WHITE, DEEPEST = [255, 255, 255], [8, 48, 107]


def corner(found: Pixels, row: int, column: int, cells: int) -> list[int]:
    """Return the colour of a cell's upper left pixel; cells of 34 pixels end 6 before the edge."""
    height, width, _ = found.shape
    pixel: list[int] = found[height - 6 - 34 * (cells - row), width - 6 - 34 * (cells - column)]
    return list(map(int, pixel))


def test_a_cell_is_as_dark_as_its_share_of_the_row() -> None:
    score = Score([[3.0, 1.0], [0.0, 4.0]], axes=AXES)
    found = decoded(confusion_picture(score, LONG))
    assert corner(found, 1, 1, 2) == DEEPEST
    assert corner(found, 1, 0, 2) == WHITE
    # 255 + (8 - 255) * 3 / 4 = 69.75, 255 + (48 - 255) * 3 / 4 = 99.75, 255 - 148 * 3 / 4 = 144
    assert corner(found, 0, 0, 2) == [70, 100, 144]
    assert corner(found, 0, 1, 2) == [193, 203, 218]


def test_numbers_and_names_are_written() -> None:
    empty = decoded(confusion_picture(Score([[0.0, 0.0], [0.0, 0.0]], axes=AXES), None))
    named = decoded(confusion_picture(Score([[0.0, 0.0], [0.0, 0.0]], axes=AXES), ("cat", "dog")))
    assert (empty[-74:-6, -74:-6] == 255).all()  # no number is written for 0
    left = [(one[-74:-6, :-74].sum(axis=2) < 300).sum() for one in (empty, named)]
    assert left[1] > left[0] + 20  # names are longer than numbers
    counted = decoded(confusion_picture(Score([[0.5, 0.5], [0.0, 0.0]], axes=AXES), LONG))
    cell = counted[-74:-40, -74:-40]
    assert (cell.sum(axis=2) < 100).any()  # 0.50 in black


def test_a_large_table_is_colours_only() -> None:
    score = Score(np.eye(100).tolist(), axes=AXES)
    found = decoded(confusion_picture(score, None))
    assert found.shape == (600, 600, 3)
    assert found[0, 0].tolist() == DEEPEST
    assert found[0, 6].tolist() == WHITE
    assert found[599, 599].tolist() == DEEPEST


def test_what_is_not_finite_is_white() -> None:
    score = Score([[float("nan")] * 33] * 33, axes=AXES)
    assert (decoded(confusion_picture(score, None)) == 255).all()
