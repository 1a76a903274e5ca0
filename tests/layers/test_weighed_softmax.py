"""Expected numbers: torch's own mean, and sums by hand where torch has no word for the divisor."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional

from protonet.errors import DataError
from protonet.layers.record import Blob
from protonet.layers.softmax_with_loss import SOFTMAX_WITH_LOSS
from tests.layers.building import gradient, measured, refusal, top_of, tops_of

WEIGHTS = (0.1, 0.5, 0.02)
"""Their sum over a few labels is less than 1."""


def batch(*further: int) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(3)
    return torch.randn(6, 3, *further, requires_grad=True), torch.randint(3, (6, *further))


@pytest.mark.parametrize("further", [(), (2, 2)])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_loss_and_gradient_are_those_of_torchs_mean(
    further: tuple[int, ...], smoothing: float, weights: tuple[float, ...] | None
) -> None:
    scores, labels = batch(*further)
    loss = top_of(
        SOFTMAX_WITH_LOSS, scores, labels, label_smoothing=smoothing, class_weights=weights
    )
    theirs = functional.cross_entropy(
        scores,
        labels,
        None if weights is None else torch.tensor(weights),
        label_smoothing=smoothing,
    )
    torch.testing.assert_close(loss, theirs)
    torch.testing.assert_close(gradient(loss, scores), gradient(theirs, scores))


@pytest.mark.parametrize("ignored", [-1, 1, 255])
def test_an_ignored_label_costs_and_weighs_nothing(ignored: int) -> None:
    scores, labels = batch()
    labels[2] = ignored
    loss = top_of(
        SOFTMAX_WITH_LOSS,
        scores,
        labels,
        label_smoothing=0.1,
        class_weights=WEIGHTS,
        ignore_label=ignored,
    )
    kept = labels != ignored
    theirs = functional.cross_entropy(
        scores[kept], labels[kept], torch.tensor(WEIGHTS), label_smoothing=0.1
    )
    torch.testing.assert_close(loss, theirs)
    assert gradient(loss, scores)[2].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("rule", "divided"), [("FULL", 24), ("BATCH_SIZE", 6), ("NONE", 1), ("VALID", None)]
)
def test_caffes_rules_count_whatever_the_weights(rule: str, divided: int | None) -> None:
    scores, labels = batch(2, 2)
    loss = top_of(SOFTMAX_WITH_LOSS, scores, labels, class_weights=WEIGHTS, normalization=rule)
    own = torch.tensor(WEIGHTS)[labels]
    total = -(own * scores.log_softmax(1).gather(1, labels.unsqueeze(1)).squeeze(1)).sum()
    torch.testing.assert_close(loss, total / (own.sum() if divided is None else divided))


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_labels_may_be_a_share_of_every_class(
    axis: int, weights: tuple[float, ...] | None, smoothing: float
) -> None:
    torch.manual_seed(4)
    shape = [5, 4, 5]
    shape[axis] = 3
    scores, shares = torch.randn(shape, requires_grad=True), torch.rand(shape).softmax(axis)
    loss = top_of(
        SOFTMAX_WITH_LOSS,
        scores,
        shares,
        axis=axis,
        class_weights=weights,
        label_smoothing=smoothing,
    )
    theirs = functional.cross_entropy(
        scores.movedim(axis, 1),
        shares.movedim(axis, 1),
        None if weights is None else torch.tensor(weights),
        label_smoothing=smoothing,
    )
    torch.testing.assert_close(loss, theirs)
    torch.testing.assert_close(gradient(loss, scores), gradient(theirs, scores))


def test_half_a_sample_of_each_kind_costs_half_of_each() -> None:
    """What mixup needs: two samples mixed have two labels."""
    scores = torch.tensor([[1.0, 2.0, 0.5]])
    mixed = top_of(SOFTMAX_WITH_LOSS, scores, torch.tensor([[0.5, 0.5, 0.0]]))
    first, second = (top_of(SOFTMAX_WITH_LOSS, scores, torch.tensor([k])) for k in (0, 1))
    torch.testing.assert_close(mixed, (first + second) / 2)


@pytest.mark.parametrize(
    ("rule", "divided"), [("FULL", 8), ("VALID", 8), ("BATCH_SIZE", 4), ("NONE", 1)]
)
def test_shares_are_divided_by_their_positions(rule: str, divided: int) -> None:
    scores, shares = torch.zeros(4, 3, 2), torch.full((4, 3, 2), 1 / 3)
    loss = top_of(SOFTMAX_WITH_LOSS, scores, shares, normalization=rule)
    assert loss.item() == pytest.approx(8 * 1.0986123 / divided)  # ln 3 at each of 8 positions


def test_shares_are_data_and_get_no_gradient() -> None:
    shares = torch.full((2, 3), 1 / 3, requires_grad=True)
    top_of(SOFTMAX_WITH_LOSS, torch.zeros(2, 3, requires_grad=True), shares).backward()
    assert shares.grad is None


def test_shares_may_be_whole_numbers() -> None:
    scores, labels = batch()
    one_hot = functional.one_hot(labels, 3)
    torch.testing.assert_close(
        top_of(SOFTMAX_WITH_LOSS, scores, one_hot), top_of(SOFTMAX_WITH_LOSS, scores, labels)
    )


def test_one_class_still_has_an_index_for_a_label() -> None:
    assert top_of(SOFTMAX_WITH_LOSS, torch.ones(2, 1), torch.zeros(2, 1)).item() == 0


@pytest.mark.parametrize("keys", [{}, {"label_smoothing": 0.1}, {"class_weights": WEIGHTS}])
def test_the_second_top_is_the_softmax_all_the_same(keys: dict[str, Any]) -> None:
    scores, labels = batch()
    _, probabilities = tops_of(SOFTMAX_WITH_LOSS, scores, labels, tops=2, **keys)
    torch.testing.assert_close(probabilities, scores.softmax(1).detach())


def test_batches_of_any_size_add_up_to_the_weighed_mean() -> None:
    scores, labels = batch()
    parts = [
        measured(SOFTMAX_WITH_LOSS, scores[part], labels[part], class_weights=WEIGHTS)
        for part in (slice(0, 1), slice(1, 6))
    ]
    above, below = (first + second for first, second in zip(*parts, strict=True))
    theirs = functional.cross_entropy(scores, labels, torch.tensor(WEIGHTS))
    torch.testing.assert_close(above / below, theirs)


def test_labels_that_weigh_nothing_cost_nothing() -> None:
    scores = torch.randn(2, 3)
    loss = top_of(SOFTMAX_WITH_LOSS, scores, torch.tensor([0, 0]), class_weights=(0, 1, 1))
    assert loss.item() == 0


def test_weights_of_many_labels_are_added_up_in_more_than_half_precision() -> None:
    scores, labels = torch.zeros(4096, 2, dtype=torch.bfloat16), torch.zeros(4096)
    loss = top_of(SOFTMAX_WITH_LOSS, scores, labels, class_weights=(1, 1))
    assert loss.dtype == torch.bfloat16
    _, below = measured(SOFTMAX_WITH_LOSS, scores, labels, class_weights=(1, 1))
    assert below.item() == 4096


@pytest.mark.parametrize("keys", [{"label_smoothing": 0.1}, {"class_weights": WEIGHTS}])
@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_outside_the_classes_is_named(label: int, keys: dict[str, Any]) -> None:
    with pytest.raises(DataError) as caught:
        top_of(SOFTMAX_WITH_LOSS, torch.zeros(3, 3), torch.tensor([0, label, 1]), **keys)
    assert str(caught.value) == (
        f"label {label} is outside the 3 classes (0 to 2), first at sample 1 of the batch"
    )


def test_refuses_weights_for_another_number_of_classes() -> None:
    expected = (
        "class_weights has 2 numbers, and scores of shape (4, 3, 5) have 3 classes along axis 1",
        "give one number per class",
    )
    scores = Blob((4, 3, 5))
    for labels in (Blob((4, 5)), Blob((4, 3, 5))):
        assert refusal(SOFTMAX_WITH_LOSS, scores, labels, class_weights=(1, 1)) == expected


def test_refuses_an_ignored_label_among_shares() -> None:
    found = refusal(SOFTMAX_WITH_LOSS, Blob((4, 3)), Blob((4, 3)), ignore_label=2)
    assert found == (
        "ignore_label 2 names a class index, but labels of shape (4, 3) give every class its share",
        "leave ignore_label out",
    )
