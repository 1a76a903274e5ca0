"""Expected numbers: by hand."""

from __future__ import annotations

import pytest
import torch

from protonet.layers.distances import (
    goals,
    lengths,
    mean_length,
    mean_square,
    smooth_lengths,
    squares,
)

VALUES, TARGETS = torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 2.5, 3.0])
"""0, 0.5 and 3 apart."""


def test_goals_that_fit_are_given_as_they_are() -> None:
    assert goals(TARGETS, VALUES) is TARGETS


def test_goals_get_the_type_and_the_shape_of_the_values() -> None:
    found = goals(torch.tensor([[1, 2], [3, 4]]), torch.zeros(2, 2, 1, dtype=torch.float64))

    assert found.dtype == torch.float64
    assert found.tolist() == [[[1], [2]], [[3], [4]]]


def test_distances_add_up() -> None:
    # 0² + 0.5² + 3²; 0 + 0.5 + 3
    assert squares(VALUES, TARGETS).item() == 9.25
    assert mean_square(VALUES, TARGETS).item() == pytest.approx(9.25 / 3)
    assert lengths(VALUES, TARGETS).item() == 3.5
    assert mean_length(VALUES, TARGETS).item() == pytest.approx(3.5 / 3)


def test_smooth_distances_are_squares_up_to_their_reach() -> None:
    # 0.5² / 2 + (3 - 1/2); with a reach of 0.25: (0.5 - 0.125) + (3 - 0.125)
    assert smooth_lengths(VALUES, TARGETS, 1.0).item() == 2.625
    assert smooth_lengths(VALUES, TARGETS, 0.25).item() == 3.25


def test_both_receive_a_gradient() -> None:
    values, targets = VALUES.clone().requires_grad_(), TARGETS.clone().requires_grad_()
    slopes = torch.autograd.grad(squares(values, targets), (values, targets))

    # twice the difference, and minus it
    assert [slope.tolist() for slope in slopes] == [[0, -1, 6], [0, 1, -6]]
