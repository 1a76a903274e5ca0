from __future__ import annotations

import math

import pytest
import torch

from protonet.errors import DataError
from protonet.layers.multinomial_logistic_loss import MULTINOMIAL_LOGISTIC_LOSS
from protonet.layers.record import Blob
from tests.layers.building import gradient, measured, numbers, refusal, top_of

SHARES = [[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]
LABELS = torch.tensor([1, 2])


def test_minus_the_logarithm_of_the_probability_at_each_label() -> None:
    loss = top_of(MULTINOMIAL_LOGISTIC_LOSS, numbers(*SHARES), LABELS)
    assert loss.item() == pytest.approx(-(math.log(0.25) + math.log(0.8)) / 2)


def test_only_the_label_gets_a_gradient() -> None:
    shares = numbers(*SHARES)
    slopes = gradient(top_of(MULTINOMIAL_LOGISTIC_LOSS, shares, LABELS), shares)
    torch.testing.assert_close(slopes, torch.tensor([[0.0, -2, 0], [0, 0, -0.625]]))


def test_a_probability_of_0_counts_as_1e_20_with_a_gradient() -> None:
    shares = numbers([1.0, 0.0])
    loss = top_of(MULTINOMIAL_LOGISTIC_LOSS, shares, torch.tensor([1]))
    assert loss.item() == pytest.approx(20 * math.log(10))
    assert gradient(loss, shares)[0].tolist() == [0, pytest.approx(-1e20)]


def test_probabilities_stay_as_they_are() -> None:
    shares = numbers([1.0, 0.0])
    top_of(MULTINOMIAL_LOGISTIC_LOSS, shares, torch.tensor([1]))
    assert shares.tolist() == [[1, 0]]


def test_the_floor_holds_in_half_precision() -> None:
    shares = numbers([1.0, 0.0], dtype=torch.float16)
    loss = top_of(MULTINOMIAL_LOGISTIC_LOSS, shares, torch.tensor([1]))
    assert loss.item() == pytest.approx(46.05, abs=0.05)


def test_batches_of_any_size_add_up() -> None:
    above, below = measured(MULTINOMIAL_LOGISTIC_LOSS, numbers(*SHARES), LABELS)
    assert above.item() == pytest.approx(math.log(4 / 0.8))
    assert below.item() == 2


def test_names_a_label_outside_the_classes() -> None:
    with pytest.raises(DataError) as error:
        top_of(MULTINOMIAL_LOGISTIC_LOSS, numbers(*SHARES), torch.tensor([0, 3]))
    assert str(error.value) == (
        "label 3 is outside the 3 classes (0 to 2), first at sample 1 of the batch"
    )


def test_refuses_another_number_of_labels() -> None:
    assert refusal(MULTINOMIAL_LOGISTIC_LOSS, Blob((2, 3)), Blob((3,))) == (
        "labels of shape (3) are 3, but scores of shape (2, 3) need 2 * 1 = 2",
        "with the classes along axis 1, labels of shape (2) fit",
    )
