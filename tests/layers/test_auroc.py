"""Expected areas: all pairs compared one by one, a tie half."""

from __future__ import annotations

import math

import pytest
import torch

from protonet.errors import DataError
from protonet.layers.auroc import AUROC_METRIC, AUROCParams, interval, log_odds
from protonet.layers.record import Blob
from tests.layers.building import complaints, measured, refusal, top_of


def area(own: torch.Tensor, others: torch.Tensor) -> float:
    """Return the share of pairs that are in order."""
    difference = own.double().unsqueeze(1) - others.double()
    return float(((difference > 0).double() + 0.5 * (difference == 0)).mean())


def test_one_score_may_be_raw_or_a_probability() -> None:
    scores, labels = torch.tensor([0.9, -0.2, 0.3, -2.0]), torch.tensor([1, 1, 0, 0])
    # 0.9 beats both, -0.2 beats -2
    assert top_of(AUROC_METRIC, scores, labels).item() == 0.75
    assert top_of(AUROC_METRIC, scores.sigmoid(), labels, probabilities=True).item() == 0.75
    assert top_of(AUROC_METRIC, scores.unsqueeze(1), labels).item() == 0.75


def test_a_tie_is_worth_half() -> None:
    scores = torch.tensor([1.0, 1.0, 1.0, 0.0])
    assert top_of(AUROC_METRIC, scores, torch.tensor([1, 0, 0, 0])).item() == pytest.approx(2 / 3)


@pytest.mark.parametrize("scale", [1, 5])
def test_each_class_is_compared_with_the_rest_by_its_softmax(scale: int) -> None:
    torch.manual_seed(1)
    scores, labels = torch.randn(400, 3) * scale, torch.randint(3, (400,))
    exact = scores.double().softmax(1)
    expected = [area(exact[labels == k, k], exact[labels != k, k]) for k in range(3)]

    areas = top_of(AUROC_METRIC, scores, labels, average="none")

    assert areas.tolist() == pytest.approx(expected, abs=5e-4)
    counts = torch.bincount(labels).double()
    weighted = top_of(AUROC_METRIC, scores, labels, average="weighted").item()
    assert weighted == pytest.approx(float((counts * areas).sum() / 400), rel=1e-5)
    assert top_of(AUROC_METRIC, scores, labels).item() == pytest.approx(float(areas.mean()))
    probabilities = top_of(AUROC_METRIC, exact.float(), labels, probabilities=True, average="none")
    assert probabilities.tolist() == pytest.approx(expected, abs=5e-3 if scale > 1 else 5e-4)


def test_scores_of_a_sure_net_stay_apart() -> None:
    """Their probabilities are all 1 in single precision."""
    scores = torch.tensor([[40.0, 0], [30, 0], [50, 0], [20, 0]])
    labels = torch.tensor([0, 0, 0, 1])
    assert top_of(AUROC_METRIC, scores, labels).item() == 1


def test_log_odds_are_those_of_the_softmax() -> None:
    scores = torch.randn(50, 4, generator=torch.Generator().manual_seed(2)) * 5
    p = scores.double().softmax(1)
    torch.testing.assert_close(log_odds(scores), (p / (1 - p)).log().float(), atol=1e-4, rtol=1e-4)
    assert log_odds(torch.tensor([[80.0, 0.0]])).tolist() == [[80.0, -80.0]]


def test_intervals_keep_the_order_and_part_what_differs_by_four_in_a_thousand() -> None:
    odds = torch.logspace(-1, 1.99, 1000)
    places = interval(torch.cat([-odds.flip(0), odds]), 4096)
    assert bool((places.diff() >= 0).all())
    assert bool((interval(odds * 1.008, 4096) > interval(odds, 4096)).all())
    ends = torch.tensor([-math.inf, -1e30, 0.0, 1e30, math.inf])
    assert interval(ends, 4096).tolist() == [0, 0, 2048, 4095, 4095]


def test_fewer_intervals_make_more_ties() -> None:
    scores, labels = torch.tensor([3.0, 2.0, 1.0]), torch.tensor([1, 0, 0])
    assert top_of(AUROC_METRIC, scores, labels).item() == 1
    assert top_of(AUROC_METRIC, scores, labels, bins=2).item() == 0.5


def test_a_score_that_is_no_number_counts_against_its_label() -> None:
    labels = torch.tensor([1, 0])
    assert top_of(AUROC_METRIC, torch.tensor([math.nan, -5.0]), labels).item() == 0
    assert top_of(AUROC_METRIC, torch.tensor([5.0, math.nan]), labels).item() == 0


def test_a_class_without_pairs_is_left_out_of_the_mean() -> None:
    scores = torch.tensor([[2.0, 1, 0], [0, 1, 0], [1, 2, 0]])
    labels = torch.tensor([0, 1, 1])
    areas = top_of(AUROC_METRIC, scores, labels, average="none")
    assert areas[2].item() == 0
    mean = top_of(AUROC_METRIC, scores, labels).item()
    assert mean == pytest.approx((areas[0] + areas[1]).item() / 2)
    assert top_of(AUROC_METRIC, scores, torch.zeros(3)).item() == 0


def test_an_ignored_label_is_in_no_pair() -> None:
    scores = torch.tensor([[2.0, 1], [0, 1], [9, 0]])
    found = measured(AUROC_METRIC, scores, torch.tensor([0, 1, 255]), ignore_label=255, bins=2)
    # class 0 of one sample is in the upper half, class 1 of the other too
    assert found.tolist() == [[[1, 0], [1, 0]], [[0, 1], [0, 1]]]


@pytest.mark.parametrize("label", [-1, 2])
def test_a_label_outside_the_classes_is_named(label: int) -> None:
    with pytest.raises(DataError) as caught:
        top_of(AUROC_METRIC, torch.zeros(2, 2), torch.tensor([0, label]))
    assert str(caught.value) == (
        f"label {label} is outside the 2 classes (0 to 1), first at sample 1 of the batch"
    )


def test_refuses_labels_that_do_not_match() -> None:
    assert refusal(AUROC_METRIC, Blob((2, 3, 4)), Blob((2,))) == (
        "labels of shape (2) are 2, but scores of shape (2, 3, 4) need 2 * 4 = 8",
        "with the classes along axis 1, labels of shape (2, 4) fit",
    )


@pytest.mark.parametrize("bins", [1, 65537, 2.5])
def test_refuses_other_numbers_of_intervals(bins: float) -> None:
    ((where, _, _, _),) = complaints(AUROCParams, bins=bins)
    assert where == "bins"
