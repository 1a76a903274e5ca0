from __future__ import annotations

import pytest
import torch

from protonet.errors import DataError
from protonet.layers.hinge_loss import HINGE_LOSS
from protonet.layers.record import Blob
from tests.layers.building import gradient, measured, numbers, refusal, top_of

SCORES = [[0.5, -2.0, 1.0], [3.0, 0.0, -1.0]]
LABELS = torch.tensor([0, 0])
# 1 - 0.5, 1 - 2 → 0, 1 + 1; 1 - 3 → 0, 1 + 0, 1 - 1 = 0
EXCESS = [0.5, 0, 2, 0, 1, 0]


def test_scores_pay_what_they_lack_of_their_margins() -> None:
    assert top_of(HINGE_LOSS, numbers(*SCORES), LABELS).item() == sum(EXCESS) / 2


def test_the_second_norm_squares_what_they_pay() -> None:
    loss = top_of(HINGE_LOSS, numbers(*SCORES), LABELS, norm="L2")
    assert loss.item() == (0.25 + 4 + 1) / 2


def test_the_gradient_has_the_sign_of_the_side() -> None:
    scores = numbers(*SCORES)
    assert gradient(top_of(HINGE_LOSS, scores, LABELS), scores).tolist() == [
        [-0.5, 0, 0.5],
        [0, 0.5, 0],  # at the margin itself: 0
    ]


def test_the_gradient_of_squares_is_twice_what_they_pay() -> None:
    scores = numbers(*SCORES)
    loss = top_of(HINGE_LOSS, scores, LABELS, norm="L2")
    assert gradient(loss, scores).tolist() == [[-0.5, 0, 2], [0, 1, 0]]


def test_further_axes_are_classes_too() -> None:
    scores = numbers(*SCORES).reshape(2, 3, 1, 1)
    labels = torch.tensor([[0.0], [0.0]])
    assert top_of(HINGE_LOSS, scores, labels).item() == sum(EXCESS) / 2


def test_batches_of_any_size_add_up() -> None:
    above, below = measured(HINGE_LOSS, numbers(*SCORES), LABELS)
    assert (above.item(), below.item()) == (sum(EXCESS), 2)


@pytest.mark.parametrize("label", [3, -1])
def test_names_a_label_outside_the_classes(label: int) -> None:
    with pytest.raises(DataError) as error:
        top_of(HINGE_LOSS, numbers(*SCORES), torch.tensor([0, label]))
    assert str(error.value) == (
        f"label {label} is outside the 3 classes (0 to 2), first at sample 1 of the batch"
    )


def test_refuses_another_number_of_labels() -> None:
    assert refusal(HINGE_LOSS, Blob((2, 3)), Blob((3,))) == (
        "labels of shape (3) are 3, but scores of shape (2, 3) need 2 * 1 = 2",
        "with the classes along axis 1, labels of shape (2) fit",
    )


def test_refuses_scores_without_axes() -> None:
    assert refusal(HINGE_LOSS, Blob(()), Blob(())) == (
        "axis 1 does not exist in a bottom of shape ()",
        "a bottom without axes is a single number",
    )
