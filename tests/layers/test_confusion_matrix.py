from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from protonet.errors import DataError
from protonet.layers.confusion_matrix import CONFUSION_MATRIX
from protonet.layers.record import Blob
from tests.layers.building import measured, refusal, top_of

LABELS = torch.tensor([0, 0, 0, 1, 1, 2])
SCORES = functional.one_hot(torch.tensor([0, 0, 1, 1, 2, 2]), 4).float()
COUNTS = [[2, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]]


def test_a_row_for_each_true_class_and_a_column_for_each_answer() -> None:
    assert top_of(CONFUSION_MATRIX, SCORES, LABELS).tolist() == COUNTS
    assert measured(CONFUSION_MATRIX, SCORES, LABELS).dtype == torch.int64


@pytest.mark.parametrize(
    ("normalize", "first"),
    [
        ("actual", [2 / 3, 1 / 3, 0, 0]),
        ("predicted", [1, 1 / 2, 0, 0]),
        ("all", [2 / 6, 1 / 6, 0, 0]),
    ],
)
def test_counts_may_become_shares(normalize: str, first: list[float]) -> None:
    matrix = top_of(CONFUSION_MATRIX, SCORES, LABELS, normalize=normalize)
    assert matrix[0].tolist() == pytest.approx(first)
    assert matrix[3].tolist() == [0, 0, 0, 0]


def test_an_ignored_label_is_in_no_row() -> None:
    found = measured(CONFUSION_MATRIX, SCORES, LABELS, ignore_label=0)
    assert found.tolist() == [[0] * 4, *COUNTS[1:]]


def test_one_score_tells_two_classes_apart() -> None:
    labels = torch.tensor([0, 1, 1, 1])
    for scores in (torch.tensor([0.2, 0.7, -0.1, 0.0]), torch.tensor([[0.2], [0.7], [-0.1], [0]])):
        assert top_of(CONFUSION_MATRIX, scores, labels).tolist() == [[0, 1], [1, 2]]
        found = top_of(CONFUSION_MATRIX, scores, labels, threshold=0.5)
        assert found.tolist() == [[1, 0], [2, 1]]


@pytest.mark.parametrize("label", [-1, 4])
def test_a_label_outside_the_classes_is_named(label: int) -> None:
    labels = LABELS.clone()
    labels[3] = label
    with pytest.raises(DataError) as caught:
        top_of(CONFUSION_MATRIX, SCORES, labels)
    assert str(caught.value) == (
        f"label {label} is outside the 4 classes (0 to 3), first at sample 3 of the batch"
    )


def test_refuses_classes_that_do_not_exclude_each_other() -> None:
    assert refusal(CONFUSION_MATRIX, Blob((4, 3)), Blob((4, 3))) == (
        "labels of shape (4, 3) are a yes or no for each of 3 classes, which exclude each other in"
        " a confusion matrix",
        "give one class index per position; F1Score, Precision and Recall take a yes or no per"
        " class",
    )
