from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from protonet.protobuf.arrays import Array
from protonet.run.import_detections import paired

NOTHING = [0.0] * 7
CAT, DOG, SECOND = ([0, 1, 0.9, 1, 2, 3, 4], [0, 2, 0.8, 5, 6, 7, 8], [1, 1, 0.7, 1, 1, 2, 2])


def top(*rows: Sequence[float]) -> Array:
    return np.array([[rows]], np.float32)


def boxes(*rows: Sequence[float]) -> list[list[float]]:
    return [[float(np.float32(number)) for number in row[2:]] for row in rows]


def test_rows_of_zeros_at_the_end_are_no_boxes() -> None:
    pair = paired(top(CAT, DOG, SECOND), top(CAT, DOG, SECOND, NOTHING, NOTHING))

    assert pair is not None
    assert pair[0].tolist() == pair[1].tolist() == boxes(CAT, DOG, SECOND)


def test_the_order_is_that_of_sample_label_and_score() -> None:
    worse = [0, 1, 0.5, 2, 2, 4, 4]
    pair = paired(top(CAT, worse, DOG, SECOND), top(DOG, SECOND, worse, CAT))

    assert pair is not None
    assert pair[0].tolist() == pair[1].tolist() == boxes(CAT, worse, DOG, SECOND)


def test_boxes_of_scores_that_round_otherwise_are_told_apart_by_their_places() -> None:
    one, two = [0, 1, 0.5, 0, 0, 1, 1], [0, 1, 0.49999997, 5, 5, 6, 6]
    lower = [0, 1, 0.49999994, 0, 0, 1, 1]

    pair = paired(top(one, two, SECOND), top(two, lower, SECOND, NOTHING))

    assert pair is not None
    assert pair[0].tolist() == boxes(one, two, SECOND)
    assert pair[1].tolist() == boxes(lower, two, SECOND)


def test_boxes_that_are_infinite_are_paired_too() -> None:
    wild, none = [0, 1, 0.5, -np.inf, 0, np.inf, 1], [0, 1, 0.5, 0, 0, np.nan, 1]

    pair = paired(top(none, wild), top(wild, none))

    assert pair is not None
    assert np.array_equal(pair[0], pair[1], equal_nan=True)


def test_nothing_found_is_the_same_in_either_manner() -> None:
    empty = paired(top([0, -1, -1, -1, -1, -1, -1], [1, *[-1] * 6]), top(NOTHING, NOTHING))

    assert empty is not None
    assert empty[0].shape == empty[1].shape == (0, 5)


def test_another_number_of_boxes_or_another_label_has_no_pairs() -> None:
    assert paired(top(CAT, DOG), top(CAT, NOTHING)) is None
    assert paired(top(CAT), top([0, 2, *CAT[2:]])) is None
    assert paired(top(CAT), top([1, 1, *CAT[2:]])) is None
    assert paired(top([0, *[-1] * 6]), top(CAT)) is None
