from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from protonet.errors import DataError
from protonet.layers.focal_loss import FOCAL_LOSS, FocalLossParams
from protonet.layers.record import Blob
from protonet.layers.softmax import SoftmaxParams
from tests.layers.building import complaints, gradient, measured, numbers, refusal, top_of

# the softmax of (log 3, 0) is 3/4 and 1/4, that of (0, 0) a half each
SCORES = [[math.log(3), 0.0], [0.0, 0.0]]
LABELS = torch.tensor([0, 1])


def test_samples_that_are_right_already_count_little() -> None:
    loss = top_of(FOCAL_LOSS, numbers(*SCORES), LABELS)
    # 0.25 * ((1 - 3/4)² * -log(3/4) + (1 - 1/2)² * -log(1/2)) / 2
    expected = 0.25 * (math.log(4 / 3) / 16 + math.log(2) / 4) / 2
    assert loss.item() == pytest.approx(expected)


def test_without_gamma_it_is_a_softmax_loss() -> None:
    scores, labels = torch.randn(4, 3, 2), torch.randint(3, (4, 2))
    loss = top_of(FOCAL_LOSS, scores, labels, alpha=1, gamma=0)
    torch.testing.assert_close(loss, functional.cross_entropy(scores, labels))


def test_an_ignored_label_counts_nothing() -> None:
    loss = top_of(FOCAL_LOSS, numbers(*SCORES), LABELS, ignore_label=0, alpha=2, gamma=1)
    assert loss.item() == pytest.approx(2 * math.log(2) / 2)


def test_the_divisor_may_be_chosen() -> None:
    loss = top_of(FOCAL_LOSS, numbers(*SCORES), LABELS, normalization="NONE", alpha=1, gamma=1)
    assert loss.item() == pytest.approx(math.log(4 / 3) / 4 + math.log(2) / 2)


def test_classes_may_lie_along_another_axis() -> None:
    scores = numbers(SCORES)
    loss = top_of(FOCAL_LOSS, scores, LABELS.view(1, 2), axis=2)
    assert loss.item() == pytest.approx(top_of(FOCAL_LOSS, scores[0], LABELS).item())


def test_a_certain_sample_has_a_finite_gradient() -> None:
    scores = numbers([100.0, 0.0])
    loss = top_of(FOCAL_LOSS, scores, torch.tensor([0]), gamma=0.5)
    assert loss.item() == 0
    assert gradient(loss, scores).tolist() == [[0, 0]]


def test_batches_of_any_size_add_up() -> None:
    above, below = measured(FOCAL_LOSS, numbers(*SCORES), LABELS, alpha=1, gamma=1)
    assert above.item() == pytest.approx(math.log(4 / 3) / 4 + math.log(2) / 2)
    assert below.item() == 2


def test_names_a_label_outside_the_classes() -> None:
    with pytest.raises(DataError) as error:
        top_of(FOCAL_LOSS, numbers(*SCORES), torch.tensor([0, 2]))
    assert str(error.value) == (
        "label 2 is outside the 2 classes (0 to 1), first at sample 1 of the batch"
    )


def test_refuses_another_number_of_labels() -> None:
    assert refusal(FOCAL_LOSS, Blob((2, 3)), Blob((3,))) == (
        "labels of shape (3) are 3, but scores of shape (2, 3) need 2 * 1 = 2",
        "with the classes along axis 1, labels of shape (2) fit",
    )


def test_a_softmax_takes_its_place_in_deployment() -> None:
    assert FOCAL_LOSS.deploy is not None
    assert FOCAL_LOSS.deploy(FocalLossParams(axis=2)) == ("Softmax", SoftmaxParams(axis=2))


def test_the_linear_form_of_two_classes_is_the_papers() -> None:
    # Lin et al. 2017, appendix A: -log sigmoid(gamma x + beta) / gamma, x the difference of scores
    loss = top_of(FOCAL_LOSS, numbers(*SCORES), LABELS, form="LINEAR", alpha=1, gamma=2, beta=0.5)
    margins = [math.log(3), 0.0]
    expected = [math.log(1 + math.exp(-(2 * margin + 0.5))) / 2 for margin in margins]
    assert loss.item() == pytest.approx(sum(expected) / 2)


def test_the_linear_form_without_a_shift_is_a_softmax_loss() -> None:
    scores, labels = torch.randn(4, 3, 2), torch.randint(3, (4, 2))
    loss = top_of(FOCAL_LOSS, scores, labels, form="LINEAR", alpha=1, gamma=1, beta=0)
    torch.testing.assert_close(loss, functional.cross_entropy(scores, labels))


def test_an_ignored_label_counts_nothing_in_the_linear_form() -> None:
    scores = numbers(*SCORES)
    keys = {"form": "LINEAR", "alpha": 1, "gamma": 1, "beta": 0}
    loss = top_of(FOCAL_LOSS, scores, LABELS, ignore_label=0, **keys)
    assert loss.item() == pytest.approx(math.log(2))
    assert gradient(loss, scores)[0].tolist() == [0, 0]


def test_a_certain_sample_has_a_finite_gradient_in_the_linear_form() -> None:
    scores = numbers([1000.0, 0.0, 0.0])
    loss = top_of(FOCAL_LOSS, scores, torch.tensor([0]), form="LINEAR")
    assert gradient(loss, scores).tolist() == [[0, 0, 0]]


def test_the_linear_form_names_a_label_outside_the_classes() -> None:
    with pytest.raises(DataError) as caught:
        top_of(FOCAL_LOSS, numbers(*SCORES), torch.tensor([0, 2]), form="LINEAR")
    assert str(caught.value) == (
        "label 2 is outside the 2 classes (0 to 1), first at sample 1 of the batch"
    )


def test_the_linear_form_needs_a_gamma_and_a_second_class() -> None:
    assert complaints(FocalLossParams, form="LINEAR", gamma=0) == [
        ("", "PN013", "gamma is 0, and LINEAR divides by it", "gamma: 2")
    ]
    assert refusal(FOCAL_LOSS, Blob((2, 1)), Blob((2,), torch.int64), form="LINEAR") == (
        "scores of shape (2, 1) have one class along axis 1",
        "LINEAR compares the label's class with the others",
    )
