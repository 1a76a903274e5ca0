"""Averages of the classes, on recall: three classes of 4, 2 and 2 labels, one more never seen.

labels   0 0 0 0 1 1 2 2
answers  0 0 0 1 1 2 2 1      recall 3/4, 1/2, 1/2; class 3 neither occurs nor is answered
"""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from protonet.errors import DataError
from protonet.layers.class_share import ClassShareParams
from protonet.layers.recall import RECALL
from protonet.layers.record import Blob
from tests.layers.building import complaints, measured, refusal, top_of

LABELS = torch.tensor([0, 0, 0, 0, 1, 1, 2, 2])
ANSWERS = torch.tensor([0, 0, 0, 1, 1, 2, 2, 1])
SCORES = functional.one_hot(ANSWERS, 4).float()


@pytest.mark.parametrize(
    ("average", "expected"),
    [
        ("macro", (3 / 4 + 1 / 2 + 1 / 2) / 3),
        ("micro", 5 / 8),
        ("weighted", (4 * 3 / 4 + 2 * 1 / 2 + 2 * 1 / 2) / 8),
    ],
)
def test_an_average_is_one_number(average: str, expected: float) -> None:
    top = top_of(RECALL, SCORES, LABELS, average=average)
    assert top.item() == pytest.approx(expected)
    assert not top.requires_grad


def test_each_class_by_itself_is_0_where_it_does_not_occur() -> None:
    top = top_of(RECALL, SCORES, LABELS, average="none")
    assert top.tolist() == [0.75, 0.5, 0.5, 0]


def test_the_second_of_two_classes_is_the_one_that_is_looked_for() -> None:
    scores = torch.tensor([[0.0, 1], [1, 0], [1, 0]])
    assert top_of(RECALL, scores, torch.tensor([1, 1, 0]), average="binary").item() == 0.5


def test_an_ignored_label_counts_for_no_class() -> None:
    labels = LABELS.where(LABELS != 1, 255)
    found = measured(RECALL, SCORES, labels, ignore_label=255)
    # hits, answers and labels: positions 4 and 5 are left out
    assert found.tolist() == [[3, 0, 1, 0], [3, 2, 1, 0], [4, 0, 2, 0]]


def test_a_yes_or_no_per_score_has_a_share_for_each_class() -> None:
    scores = torch.tensor([[1.0, -1], [1, 1], [-1, 1]])
    labels = torch.tensor([[1, 1], [0, 1], [1, 0]])
    found = measured(RECALL, scores, labels)
    assert found.tolist() == [[1, 1], [2, 2], [2, 2]]
    assert measured(RECALL, scores, labels, ignore_label=0).tolist() == [[1, 1], [1, 1], [2, 2]]
    assert top_of(RECALL, scores, labels, threshold=2).item() == 0


def test_one_score_may_have_an_axis_of_its_own() -> None:
    scores, labels = torch.tensor([1.0, -1, 1]), torch.tensor([1, 1, 0])
    for given in (scores, scores.unsqueeze(1)):
        assert top_of(RECALL, given, labels).item() == 0.5


def test_nothing_counted_is_0() -> None:
    assert top_of(RECALL, SCORES, LABELS * 0, ignore_label=0).item() == 0


@pytest.mark.parametrize("label", [-1, 4])
def test_a_label_outside_the_classes_is_named(label: int) -> None:
    labels = LABELS.clone()
    labels[5] = label
    with pytest.raises(DataError) as caught:
        top_of(RECALL, SCORES, labels)
    assert str(caught.value) == (
        f"label {label} is outside the 4 classes (0 to 3), first at sample 5 of the batch"
    )


@pytest.mark.parametrize(
    ("shape", "classes"), [((4, 3), "3 classes"), ((4, 1), "1 class"), ((4,), "1 class")]
)
def test_binary_is_of_two_classes(shape: tuple[int, ...], classes: str) -> None:
    scores = Blob(shape)
    assert refusal(RECALL, scores, Blob((4,)), average="binary") == (
        f"average binary is that of class 1 of two, and scores of shape {scores} have {classes}",
        "average macro, micro and weighted take any number of classes",
    )


def test_refuses_labels_that_do_not_match() -> None:
    assert refusal(RECALL, Blob((2, 3, 4)), Blob((2,))) == (
        "labels of shape (2) are 2, but scores of shape (2, 3, 4) need 2 * 4 = 8",
        "with the classes along axis 1, labels of shape (2, 4) fit",
    )


def test_an_unknown_average_is_refused() -> None:
    ((where, kind, _, _),) = complaints(ClassShareParams, average="mean")
    assert (where, kind) == ("average", "literal_error")
