from __future__ import annotations

import pytest
import torch

from protonet.errors import ShapeError
from protonet.layers.labels import (
    NO_LABEL,
    are_shares,
    arrangement,
    at_labels,
    outside,
    sample_arrangement,
    soft_arrangement,
)
from protonet.layers.record import Blob
from tests.layers.building import blob_of


def arranged(
    scores: torch.Tensor, labels: torch.Tensor, axis: int
) -> tuple[torch.Tensor, torch.Tensor]:
    return arrangement(blob_of(scores), blob_of(labels), axis)(scores, labels)


def refused(scores: Blob, labels: Blob, axis: int) -> tuple[str, str]:
    with pytest.raises(ShapeError) as caught:
        arrangement(scores, labels, axis)
    return caught.value.why, caught.value.hint


@pytest.mark.parametrize("shape", [(2, 4, 5), (2, 1, 4, 5), (2, 4, 5, 1), (2, 20), (2, 1, 20)])
def test_labels_keep_their_order_in_any_shape(shape: tuple[int, ...]) -> None:
    scores, labels = torch.randn(2, 3, 4, 5), torch.arange(40.0).reshape(shape)

    values, indices = arranged(scores, labels, 1)

    assert values is scores or torch.equal(values, scores)
    assert torch.equal(indices, torch.arange(40).reshape(2, 4, 5))


def test_classes_of_a_later_axis_become_the_second() -> None:
    scores, labels = torch.randn(2, 4, 3, 5), torch.arange(40).reshape(2, 4, 5)

    values, indices = arranged(scores, labels, 2)

    assert torch.equal(values, scores.reshape(8, 3, 5))
    assert torch.equal(indices, labels.reshape(8, 5))


def test_classes_of_the_first_axis_become_the_second() -> None:
    scores, labels = torch.randn(3, 5), torch.arange(5)

    values, indices = arranged(scores, labels, 0)

    assert torch.equal(values, scores.reshape(1, 3, 5))
    assert torch.equal(indices, labels.reshape(1, 5))


def test_classes_of_the_last_axis_count_from_the_end() -> None:
    scores, labels = torch.randn(2, 4, 3), torch.arange(8).reshape(2, 4)

    values, indices = arranged(scores, labels, -1)

    assert torch.equal(values, scores.reshape(8, 3))
    assert torch.equal(indices, labels.reshape(8))


@pytest.mark.parametrize(
    ("scores", "labels", "axis", "why", "fitting"),
    [
        (
            (2, 3, 4, 5),
            (2, 4),
            1,
            "labels of shape (2, 4) are 8, but scores of shape (2, 3, 4, 5) need 2 * 20 = 40",
            "(2, 4, 5)",
        ),
        (
            (2, 3),
            (2, 3),
            -1,
            "labels of shape (2, 3) are 6, but scores of shape (2, 3) need 2 * 1 = 2",
            "(2)",
        ),
        (
            (2, 3, 4),
            (4, 2),
            1,
            "labels of shape (4, 2) and scores of shape (2, 3, 4) differ in their first axis",
            "(2, 4)",
        ),
        (
            (2, 3, 4, 5),
            (2, 5, 4),
            1,
            "labels of shape (2, 5, 4) do not match the positions of scores of shape (2, 3, 4, 5)",
            "(2, 4, 5)",
        ),
    ],
)
def test_refuses_labels_that_are_not_one_per_position(
    scores: tuple[int, ...], labels: tuple[int, ...], axis: int, why: str, fitting: str
) -> None:
    along = axis % len(scores)
    assert refused(Blob(scores), Blob(labels), axis) == (
        why,
        f"with the classes along axis {along}, labels of shape {fitting} fit",
    )


def test_refuses_scores_that_are_labels() -> None:
    assert refused(Blob((2, 3), torch.int64), Blob((2,)), 1) == (
        "bottom 0 holds int64, but scores are floating-point numbers",
        "the scores come first and the targets second: bottom: [scores, targets]",
    )


def test_refuses_an_axis_that_does_not_exist() -> None:
    assert refused(Blob((2, 3)), Blob((2,)), 2) == (
        "axis 2 does not exist in a bottom of shape (2, 3)",
        "its axes are 0 to 1, or -2 to -1 counted from the end",
    )


def test_a_value_is_looked_up_at_each_label() -> None:
    values, labels = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), torch.tensor([1, 0, 7])
    assert at_labels(values, labels, 7, "none").tolist() == [-2, -3, 0]
    assert at_labels(values, labels, 7, "sum").item() == -5


@pytest.mark.parametrize("label", [-100, -1, 2])
def test_no_label_passes_unseen_where_none_is_ignored(label: int) -> None:
    with pytest.raises(IndexError):
        at_labels(torch.zeros(1, 2), torch.tensor([label]), NO_LABEL, "sum")


@pytest.mark.parametrize(
    ("labels", "ignored", "message"),
    [
        (
            torch.tensor([0, 2, 3]),
            NO_LABEL,
            "label 3 is outside the 3 classes (0 to 2), first at sample 2 of the batch",
        ),
        (
            torch.tensor([[0, 2], [-1, 3]]),
            NO_LABEL,
            "label -1 is outside the 3 classes (0 to 2), first at sample 1 of the batch",
        ),
        (
            torch.tensor([[255.0], [4.0]]),
            255,
            "label 4 is outside the 3 classes (0 to 2), first at sample 1 of the batch",
        ),
        (
            torch.tensor(9),
            NO_LABEL,
            "label 9 is outside the 3 classes (0 to 2), first at sample 0 of the batch",
        ),
    ],
)
def test_the_first_label_outside_is_named(labels: torch.Tensor, ignored: int, message: str) -> None:
    assert str(outside(labels, 3, ignored)) == message


def test_a_label_for_each_sample_goes_with_scores_whose_further_axes_are_classes() -> None:
    labels = Blob((2,), torch.int64)
    sample_arrangement(Blob((2, 3, 4)), labels)  # 12 classes
    with pytest.raises(ShapeError) as caught:
        sample_arrangement(Blob((3, 3, 4)), labels)
    assert (caught.value.why, caught.value.hint) == (
        "labels of shape (2) are 2, but scores of shape (3, 12) need 3 * 1 = 3",
        "with the classes along axis 1, labels of shape (3) fit",
    )


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_shares_go_where_the_scores_go(axis: int) -> None:
    scores = torch.arange(24.0).reshape(2, 3, 4)
    shares = torch.arange(24).reshape(2, 3, 4)

    values, goals = soft_arrangement(blob_of(scores), blob_of(shares), axis)(scores, shares)

    assert torch.equal(values, goals)
    assert goals.dtype == scores.dtype
    assert values.shape[1] == scores.shape[axis]


@pytest.mark.parametrize(
    ("scores", "labels", "expected"),
    [((2, 3), (2, 3), True), ((2, 3), (2,), False), ((2, 1), (2, 1), False)],
)
def test_labels_of_the_scores_shape_are_shares(
    scores: tuple[int, ...], labels: tuple[int, ...], expected: bool
) -> None:
    assert are_shares(Blob(scores), Blob(labels), 1) is expected
