from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from protonet.errors import DataError
from protonet.layers.infogain_loss import INFOGAIN_LOSS, InfogainLossParams
from protonet.layers.record import Blob
from protonet.layers.softmax import SoftmaxParams
from tests.layers.building import complaints, gradient, measured, numbers, refusal, top_of, tops_of

# the softmax of (log 3, 0) is 3/4 and 1/4, that of (0, 0) a half each
SCORES = [[math.log(3), 0.0], [0.0, 0.0]]
LABELS = torch.tensor([0, 1])
MATRIX = [[1.0, 2.0], [0.0, 3.0]]
COSTS = [math.log(4 / 3) + 2 * math.log(4), 3 * math.log(2)]


def test_a_label_chooses_the_prices_of_all_classes() -> None:
    loss = top_of(INFOGAIN_LOSS, numbers(*SCORES), LABELS, matrix=MATRIX)
    assert loss.item() == pytest.approx(sum(COSTS) / 2)


def test_the_matrix_may_be_a_bottom_and_gets_no_gradient() -> None:
    matrix = numbers(*MATRIX)
    loss = top_of(INFOGAIN_LOSS, numbers(*SCORES), LABELS, matrix.view(1, 1, 2, 2))
    assert loss.item() == pytest.approx(sum(COSTS) / 2)
    loss.backward()
    assert matrix.grad is None


def test_the_unit_matrix_makes_it_a_softmax_loss() -> None:
    scores, labels = torch.randn(4, 3, 2), torch.randint(3, (4, 2))
    loss = top_of(INFOGAIN_LOSS, scores, labels, matrix=torch.eye(3).tolist())
    torch.testing.assert_close(loss, functional.cross_entropy(scores, labels))


def test_the_gradient_is_the_share_of_a_row_less_its_prices() -> None:
    scores = numbers(*SCORES)
    slopes = gradient(top_of(INFOGAIN_LOSS, scores, LABELS, matrix=MATRIX), scores)
    # (p * Σ row - row) / N with rows of 1 2 and 0 3
    expected = torch.tensor([[2.25 - 1, 0.75 - 2], [1.5, 1.5 - 3]]) / 2
    torch.testing.assert_close(slopes, expected)


def test_an_ignored_label_counts_nothing() -> None:
    labels = torch.tensor([0, 255])
    loss = top_of(INFOGAIN_LOSS, numbers(*SCORES), labels, matrix=MATRIX, ignore_label=255)
    assert loss.item() == pytest.approx(COSTS[0])


def test_no_probability_counts_as_less_than_1e_20() -> None:
    scores = numbers([100.0, 0.0])
    loss = top_of(INFOGAIN_LOSS, scores, torch.tensor([1]), matrix=[[1, 0], [0, 1]])
    assert loss.item() == pytest.approx(20 * math.log(10))
    assert gradient(loss, scores)[0].tolist() == [pytest.approx(1), pytest.approx(-1)]


def test_gives_the_softmax_on_request() -> None:
    _, shares = tops_of(INFOGAIN_LOSS, numbers(*SCORES), LABELS, tops=2, matrix=MATRIX)
    torch.testing.assert_close(shares, torch.tensor([[0.75, 0.25], [0.5, 0.5]]))
    assert not shares.requires_grad


def test_batches_of_any_size_add_up() -> None:
    above, below = measured(INFOGAIN_LOSS, numbers(*SCORES), LABELS, matrix=MATRIX)
    assert (above.item(), below.item()) == (pytest.approx(sum(COSTS)), 2)


def test_names_a_label_outside_the_classes() -> None:
    with pytest.raises(DataError) as error:
        top_of(INFOGAIN_LOSS, numbers(*SCORES), torch.tensor([0, 2]), matrix=MATRIX)
    assert str(error.value) == (
        "label 2 is outside the 2 classes (0 to 1), first at sample 1 of the batch"
    )


def test_refuses_no_matrix_and_two() -> None:
    bottoms = Blob((4, 2)), Blob((4,))
    hint = "give it as the key matrix, or as a third bottom"
    assert refusal(INFOGAIN_LOSS, *bottoms) == ("it has no matrix", hint)
    assert refusal(INFOGAIN_LOSS, *bottoms, Blob((2, 2)), matrix=MATRIX) == (
        "the matrix is given twice, as a key and as bottom 2",
        hint,
    )


def test_refuses_a_matrix_for_other_classes() -> None:
    assert refusal(INFOGAIN_LOSS, Blob((4, 3)), Blob((4,)), matrix=MATRIX) == (
        "the matrix has 4 numbers, and 3 classes need 3 * 3 = 9",
        "give a row per true class with a number per class",
    )


def test_refuses_rows_of_another_length() -> None:
    assert complaints(InfogainLossParams, matrix=[[1, 2], [3]]) == [
        (
            "",
            "PN013",
            "row 1 of matrix has 1 numbers, and there are 2 rows",
            "give as many numbers as rows",
        )
    ]


def test_a_softmax_takes_its_place_in_deployment() -> None:
    assert INFOGAIN_LOSS.deploy is not None
    assert INFOGAIN_LOSS.deploy(InfogainLossParams(axis=2)) == ("Softmax", SoftmaxParams(axis=2))
