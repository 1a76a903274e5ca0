from __future__ import annotations

import math

import pytest
import torch

from protonet.errors import DataError, ShapeError
from protonet.layers.answers import (
    AnswerParams,
    answerer,
    chooser,
    class_count,
    is_per_score,
    reader,
    tally,
)
from protonet.layers.record import Blob
from tests.layers.building import blob_of


@pytest.mark.parametrize(
    ("scores", "labels", "expected"),
    [
        ((4, 3), (4,), False),
        ((4, 3), (4, 3), True),
        ((4, 3, 2, 2), (4, 3, 2, 2), True),
        ((4, 3, 2, 2), (4, 2, 2), False),
        ((4,), (4,), True),
        ((4, 1), (4,), True),
        ((4, 1, 2, 2), (4, 2, 2), True),
        ((4, 3), (12,), False),
        ((), (), False),
    ],
)
def test_as_many_labels_as_scores_are_a_yes_or_no_each(
    scores: tuple[int, ...], labels: tuple[int, ...], expected: bool
) -> None:
    assert is_per_score(Blob(scores), Blob(labels)) is expected


def test_scores_without_a_class_axis_are_of_one_class() -> None:
    assert class_count(Blob((4,)), 1) == 1
    assert class_count(Blob((4, 5, 6)), -1) == 6


def test_a_class_is_read_for_each_position_in_the_order_of_the_labels() -> None:
    scores = torch.arange(24.0).reshape(2, 3, 4)
    labels = torch.tensor([[0, 1, 2, 9], [2, 1, 0, 9]])
    params = AnswerParams(ignore_label=9)

    rows, actual, counted = chooser(blob_of(scores), blob_of(labels), params)(scores, labels)

    assert torch.equal(rows, scores.transpose(1, 2).reshape(8, 3))
    assert actual.tolist() == [0, 1, 2, 0, 2, 1, 0, 0]
    assert counted is not None
    assert counted.tolist() == [True, True, True, False, True, True, True, False]


def test_every_position_counts_where_no_label_is_ignored() -> None:
    scores, labels = torch.ones(2, 3), torch.tensor([2, 1])
    choose = chooser(blob_of(scores), blob_of(labels), AnswerParams())
    assert choose(scores, labels).counted is None
    assert tally(labels, None, 3).tolist() == [0, 1, 1]
    with pytest.raises(IndexError):
        tally(labels, None, 2)


def test_a_yes_is_said_from_the_threshold_on() -> None:
    scores = torch.tensor([[-0.1, 0.0], [0.4, math.nan]])
    labels = torch.tensor([[1, 0], [0.6, 0.4]])
    answer = answerer(blob_of(scores), AnswerParams())
    _, said, actual, counted = answer(scores, labels)
    assert said.tolist() == [[False, True], [True, False]]
    assert actual.tolist() == [[True, False], [True, False]]
    assert bool(counted.all())
    stricter = answerer(blob_of(scores), AnswerParams(threshold=0.5, ignore_label=0))
    _, said, _, counted = stricter(scores, labels)
    assert not said.any()
    assert counted.tolist() == [[True, False], [True, True]]


def test_the_classes_of_yes_or_no_labels_may_lie_along_any_axis() -> None:
    scores = torch.randn(2, 4, 3)
    rows, *_ = answerer(blob_of(scores), AnswerParams(axis=-1))(scores, scores > 0)
    assert torch.equal(rows, scores.reshape(8, 3))
    rows, said, actual, _ = answerer(Blob((5,)), AnswerParams())(scores[0, 0], scores[0, 0] > 0)
    assert rows.shape == (3, 1)
    assert torch.equal(said, actual)


def test_a_tally_counts_by_class() -> None:
    counts = torch.tensor([True, True, False, True])
    assert tally(torch.tensor([2, 0, 0, 2]), counts, 4).tolist() == [1, 0, 2, 0]


def test_a_batch_is_read_by_what_its_labels_are() -> None:
    scores, classes, answers = torch.ones(2, 3), torch.tensor([2, 1]), torch.ones(2, 3)
    for labels, kind in ((classes, "Chosen"), (answers, "Answered")):
        bottoms = (blob_of(scores), blob_of(labels))
        read = reader(
            bottoms, AnswerParams(), lambda one: type(one).__name__, lambda one: type(one).__name__
        )
        assert read(scores, labels) == kind


def test_a_label_outside_is_named() -> None:
    scores, labels = torch.ones(3, 3), torch.tensor([0, 9, 3])
    params = AnswerParams(ignore_label=9)
    read = reader(
        (blob_of(scores), blob_of(labels)),
        params,
        lambda one: tally(one.actual, one.counted, 3),
        lambda one: one.scores,
    )
    with pytest.raises(DataError) as caught:
        read(scores, labels)
    assert str(caught.value) == (
        "label 3 is outside the 3 classes (0 to 2), first at sample 2 of the batch"
    )


def test_refuses_a_threshold_beside_class_indices() -> None:
    with pytest.raises(ShapeError) as caught:
        chooser(Blob((4, 3)), Blob((4,)), AnswerParams(threshold=0.5))
    assert (caught.value.why, caught.value.hint) == (
        "threshold 0.5 decides nothing: labels of shape (4) name the class of each position, and"
        " the best of the scores of shape (4, 3) is the answer",
        "leave threshold out, or give labels that are a yes or no per score",
    )


def test_refuses_scores_that_are_whole_numbers() -> None:
    with pytest.raises(ShapeError) as caught:
        answerer(Blob((4,), torch.int64), AnswerParams())
    assert caught.value.why == "bottom 0 holds int64, but scores are floating-point numbers"
