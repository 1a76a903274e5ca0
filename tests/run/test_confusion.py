from __future__ import annotations

from protonet.evaluate import Score
from protonet.run.confusion import report, table

AXES = ("actual", "predicted")


def test_tables_stand_above_a_line_per_set() -> None:
    confusion = Score([[95.0, 5.0], [0.0, 1000.0]], axes=AXES)
    scores = {
        "val": {"accuracy": Score(0.5, (1, 2)), "confusion": confusion},
        "test": {"loss": Score(0.25)},
    }
    assert report(scores, {"val": ("cat", "dog"), "test": None}) == [
        "val: confusion, a row per actual class, a column per predicted one",
        "       cat   dog",
        "  cat   95     5",
        "  dog    0  1000",
        "val: accuracy 0.5000 (1/2)",
        "test: loss 0.2500",
    ]


def test_classes_without_fitting_names_have_numbers_and_shares_four_digits() -> None:
    shares = Score([[0.5, 0.5], [0.0, 1.0]])
    assert table("test: shares", shares, ("one", "two", "three")) == [
        "test: shares, a row per row class, a column per column one",
        "          0       1",
        "  0  0.5000  0.5000",
        "  1       0       1",
    ]


def test_of_a_large_table_the_largest_mistakes_are_shown() -> None:
    rows = [[0.0] * 30 for _ in range(30)]
    for place in range(30):
        rows[place][place] = 100.0
    rows[3][4], rows[7][2], rows[7][1] = 5.0, 8.0, 5.0
    score = Score(rows, axes=AXES)
    assert table("test: confusion", score, None) == [
        "test: confusion, 30 x 30, the largest beside the diagonal (actual → predicted)",
        "  8  7 → 2",
        "  5  3 → 4",
        "  5  7 → 1",
    ]
    for place in range(30):
        rows[place] = [0.0] * 30
    assert table("test: confusion", score, None) == [
        "test: confusion, 30 x 30, nothing beside the diagonal"
    ]


def test_no_more_than_ten_mistakes_are_shown() -> None:
    score = Score([[1.0] * 21 for _ in range(21)])
    assert len(table("test: confusion", score, [f"c{place}" for place in range(21)])) == 11
