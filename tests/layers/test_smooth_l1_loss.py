from __future__ import annotations

import pytest
import torch

from protonet.layers.record import Blob
from protonet.layers.smooth_l1_loss import SMOOTH_L1_LOSS
from tests.layers.building import gradient, measured, numbers, refusal, top_of

VALUES = [[0.5, 3.0], [-2.0, 0.0]]
GOALS = torch.zeros(2, 2)


@pytest.mark.parametrize(
    ("sigma", "expected"),
    [
        (1, 0.5**2 / 2 + (3 - 0.5) + (2 - 0.5)),
        # the square ends at 1 / 4: lines of |x| - 1 / 8
        (2, 0.375 + 2.875 + 1.875),
        # the square ends at 4: sigma² x² / 2
        (0.5, (0.25 + 9 + 4) / 8),
    ],
)
def test_a_square_near_the_target_and_a_line_far_from_it(sigma: float, expected: float) -> None:
    loss = top_of(SMOOTH_L1_LOSS, numbers(*VALUES), GOALS, sigma=sigma)
    assert loss.item() == pytest.approx(expected / 2)  # two samples


def test_the_gradient_is_cut_off_at_1() -> None:
    values, goals = numbers(*VALUES), GOALS.clone().requires_grad_()
    loss = top_of(SMOOTH_L1_LOSS, values, goals)
    assert gradient(loss, values).tolist() == [[0.25, 0.5], [-0.5, 0]]
    assert gradient(loss, goals).tolist() == [[-0.25, -0.5], [0.5, 0]]


def test_weights_multiply_the_differences_and_what_they_cost() -> None:
    values = numbers(*VALUES)
    inside, outside = torch.tensor([[1.0, 0], [2, 1]]), torch.tensor([[4.0, 1], [0.5, 1]])

    one = top_of(SMOOTH_L1_LOSS, values, GOALS, inside)
    both = top_of(SMOOTH_L1_LOSS, values, GOALS, inside, outside)

    # 0.5² / 2 + 0 + (4 - 0.5), and 4 * 0.125 + 0.5 * 3.5
    assert one.item() == pytest.approx((0.125 + 3.5) / 2)
    assert both.item() == pytest.approx((0.5 + 1.75) / 2)
    # outside * f'(inside * x) * inside / N
    assert gradient(both, values).tolist() == [[1, 0], [-0.5, 0]]


def test_weights_get_no_gradient() -> None:
    inside, outside = (torch.ones(2, 2, requires_grad=True) for _ in range(2))
    loss = top_of(SMOOTH_L1_LOSS, numbers(*VALUES), GOALS, inside, outside)
    loss.backward()
    assert inside.grad is None
    assert outside.grad is None


def test_batches_of_any_size_add_up() -> None:
    above, below = measured(SMOOTH_L1_LOSS, numbers(*VALUES), GOALS)
    assert (above.item(), below.item()) == (4.125, 2)


def test_refuses_weights_that_are_not_one_per_target() -> None:
    box = Blob((2, 4))
    assert refusal(SMOOTH_L1_LOSS, box, box, box, Blob((2, 1))) == (
        "bottom 3 has the shape (2, 1), bottom 1 has (2, 4)",
        "give one weight for each target",
    )


def test_refuses_targets_that_are_not_one_per_value() -> None:
    assert refusal(SMOOTH_L1_LOSS, Blob((2, 4)), Blob((2, 5))) == (
        "bottom 1 of shape (2, 5) has not one number for each of bottom 0, (2, 4)",
        "give targets of shape (2, 4)",
    )
