from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from protonet.errors import DataError
from protonet.layers.accuracy import ACCURACY, AccuracyParams
from protonet.layers.record import Blob
from tests.layers.building import complaints, measured, numbers, refusal, top_of, tops_of

SCORES = [[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.2, 0.3, 0.5], [0.6, 0.1, 0.3]]
LABELS = torch.tensor([1, 1, 2, 1])
"""By rank of the label's score: first, second, first, third."""


@pytest.mark.parametrize(("top_k", "right"), [(1, 2), (2, 3), (3, 4)])
def test_a_label_is_right_among_the_best(top_k: int, right: int) -> None:
    top = top_of(ACCURACY, numbers(*SCORES), LABELS, top_k=top_k)
    assert top.item() == right / 4
    assert not top.requires_grad


@pytest.mark.parametrize(
    ("scores", "top_k", "right"),
    [
        ([1.0, 1.0, 0.0], 1, 0),
        ([1.0, 1.0, 0.0], 2, 1),
        ([1.0, 1.0, 1.0], 2, 0),
        ([math.nan, 0.0, 0.0], 1, 0),
        ([math.nan, math.nan, math.nan], 2, 0),
    ],
)
def test_a_tie_and_what_is_no_number_count_against(
    scores: list[float], top_k: int, right: int
) -> None:
    assert top_of(ACCURACY, numbers(scores), torch.tensor([0]), top_k=top_k).item() == right


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 1, 1, 1)])
def test_labels_may_be_numbers_of_any_type_with_further_axes(
    dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    assert top_of(ACCURACY, numbers(*SCORES), LABELS.to(dtype).reshape(shape)).item() == 0.5


def test_an_ignored_label_does_not_count() -> None:
    labels = torch.tensor([1, 255, 2, 1])
    found = measured(ACCURACY, numbers(*SCORES), labels, ignore_label=255)
    assert [int(part) for part in found] == [2, 3]


def test_an_ignored_label_is_not_right_among_negative_scores() -> None:
    found = measured(ACCURACY, numbers([-2.0, -1.0]), torch.tensor([255]), ignore_label=255)
    assert [int(part) for part in found] == [0, 0]


def test_a_class_may_be_ignored() -> None:
    found = measured(ACCURACY, numbers(*SCORES), LABELS, ignore_label=1)
    assert [int(part) for part in found] == [1, 1]


def test_nothing_counted_is_no_accuracy() -> None:
    labels = torch.zeros(4)
    assert top_of(ACCURACY, numbers(*SCORES), labels, ignore_label=0).item() == 0


@pytest.mark.parametrize(
    ("shape", "axis"), [((2, 3, 2), 1), ((2, 2, 3), 2), ((2, 2, 3), -1), ((3, 4), 0)]
)
def test_the_classes_may_lie_along_any_axis(shape: tuple[int, ...], axis: int) -> None:
    # SCORES as (2, 2, 3) or (4, 3), the classes moved to the axis; labels stay in order
    last = torch.tensor(SCORES).reshape(*(length for length in shape if length != 3), 3)
    labels = LABELS.reshape(last.shape[:-1])
    assert top_of(ACCURACY, last.movedim(-1, axis), labels, axis=axis).item() == 0.5


def test_batches_of_any_size_add_up() -> None:
    scores = numbers(*SCORES)
    one = measured(ACCURACY, scores[:1], LABELS[:1])
    rest = measured(ACCURACY, scores[1:], LABELS[1:])
    assert [int(a + b) for a, b in zip(one, rest, strict=True)] == [2, 4]
    assert {part.dtype for part in (*one, *rest)} == {torch.int64}


@pytest.mark.parametrize(
    ("labels", "keys", "right", "counted"),
    [
        ([1, 1, 2, 1], {}, [0, 1, 1], [0, 3, 1]),
        ([1, 0, 2, 0], {}, [2, 1, 1], [2, 1, 1]),
        ([1, 9, 2, 1], {"ignore_label": 9}, [0, 1, 1], [0, 2, 1]),
        ([1, 1, 2, 1], {"ignore_label": 1}, [0, 0, 1], [0, 0, 1]),
        ([0, 1, 2, 0], {"ignore_label": 0}, [0, 0, 1], [0, 1, 1]),
        ([1, 1, 2, 1], {"top_k": 2}, [0, 2, 1], [0, 3, 1]),
    ],
)
def test_the_second_top_tells_the_classes_apart(
    labels: list[int], keys: dict[str, Any], right: list[int], counted: list[int]
) -> None:
    scores = numbers(*SCORES)

    overall, classes = measured(ACCURACY, scores, torch.tensor(labels), tops=2, **keys)
    accuracy, shares = tops_of(ACCURACY, scores, torch.tensor(labels), tops=2, **keys)

    assert [part.tolist() for part in classes] == [right, counted]
    assert [int(part) for part in overall] == [sum(right), sum(counted)]
    assert accuracy.item() == pytest.approx(sum(right) / sum(counted))
    # a class without labels has 0
    assert shares.tolist() == pytest.approx(
        [a / max(b, 1) for a, b in zip(right, counted, strict=True)]
    )


@pytest.mark.parametrize("tops", [1, 2])
@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_outside_the_classes_is_named(label: int, tops: int) -> None:
    labels = torch.tensor([1, 1, label, 7])
    with pytest.raises(DataError) as caught:
        tops_of(ACCURACY, numbers(*SCORES), labels, tops=tops)
    assert str(caught.value) == (
        f"label {label} is outside the 3 classes (0 to 2), first at sample 2 of the batch"
    )


def test_a_single_label_outside_the_classes_is_named() -> None:
    with pytest.raises(DataError) as caught:
        top_of(ACCURACY, numbers(0.1, 0.9), torch.tensor(2), axis=0)
    assert str(caught.value) == (
        "label 2 is outside the 2 classes (0 to 1), first at sample 0 of the batch"
    )


def test_refuses_to_look_among_more_scores_than_there_are() -> None:
    assert refusal(ACCURACY, Blob((2, 3)), Blob((2,)), top_k=5, axis=-1) == (
        "top_k 5 exceeds the 3 classes of scores of shape (2, 3)",
        "the classes are along axis -1",
    )


def test_refuses_labels_that_do_not_match() -> None:
    assert refusal(ACCURACY, Blob((2, 3, 4)), Blob((2,))) == (
        "labels of shape (2) are 2, but scores of shape (2, 3, 4) need 2 * 4 = 8",
        "with the classes along axis 1, labels of shape (2, 4) fit",
    )


def test_refuses_a_top_k_of_zero() -> None:
    ((where, kind, _, _),) = complaints(AccuracyParams, top_k=0)
    assert (where, kind) == ("top_k", "greater_than")
