from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from protonet.debug.gradcheck_slopes import Ground, Options, Scale, Slope, compare, largest

Function = Callable[[torch.Tensor], torch.Tensor]
TWICE = torch.tensor([2.0, -1.0], dtype=torch.float64)


def found(
    function: Function, where: tuple[float, ...], analytic: float, tolerance: float = 1e-4
) -> Slope:
    """Return what is found where all numbers are moved by the step; the tops count as their sum."""
    start = torch.tensor(where, dtype=torch.float64)
    here = function(start)
    ground = Ground.at([here], [torch.ones_like(here)])
    return compare(
        lambda step: [function(start + step)], ground, Scale(1e-6, 0), analytic, tolerance
    )


def test_a_right_slope_is_right_and_its_difference_is_told() -> None:
    slope = found(torch.square, (3.0,), 6.0)  # d x² / d x = 2 x
    assert slope.verdict == "right"
    assert slope.numeric == pytest.approx(6, abs=1e-8)
    assert slope.error < 1e-9


def test_a_wrong_slope_is_wrong_relative_to_the_larger_of_both() -> None:
    slope = found(torch.square, (3.0,), 3.0)
    assert slope.verdict == "wrong"
    assert slope.error == pytest.approx(0.5)  # (6 - 3) / 6
    assert slope.numeric == pytest.approx(6)


@pytest.mark.parametrize(("tolerance", "verdict"), [(0.02, "right"), (0.005, "wrong")])
def test_the_tolerance_decides(tolerance: float, verdict: str) -> None:
    assert found(torch.square, (3.0,), 6.06, tolerance).verdict == verdict  # a hundredth


@pytest.mark.parametrize(
    ("analytic", "verdict"), [(-1.0, "kink"), (0.3, "kink"), (1.0, "kink"), (1.1, "wrong")]
)
def test_at_a_kink_any_slope_between_both_sides_may_stand(analytic: float, verdict: str) -> None:
    assert found(torch.abs, (0.0,), analytic).verdict == verdict  # -1 to the left, 1 to the right


def test_kinks_of_several_numbers_do_not_cancel_out() -> None:
    """The slopes of |x| - |x| are -1 + 1 to the left and 1 - 1 to the right: their sums are equal,
    and either of both might still have been taken for each."""

    def function(numbers: torch.Tensor) -> torch.Tensor:
        return numbers.abs() * torch.tensor([1.0, -1.0], dtype=torch.float64)

    assert found(function, (0.0, 0.0), 2.0).verdict == "kink"
    assert found(function, (0.0, 0.0), 2.1).verdict == "wrong"


def test_a_kink_that_only_the_long_step_meets_is_none() -> None:
    slope = found(torch.relu, (5e-7,), 1.0)
    assert slope.verdict == "right"
    assert slope.numeric == pytest.approx(1)


def test_where_the_function_ends_no_difference_can_say_what_is_right() -> None:
    assert found(torch.sqrt, (1e-9,), 15811.0).verdict == "kink"


def test_a_slope_that_is_no_number_is_wrong() -> None:
    assert found(torch.square, (3.0,), math.nan).verdict == "wrong"
    assert found(torch.square, (3.0,), math.inf).error == math.inf


def test_another_number_of_samples_is_a_jump() -> None:
    def function(numbers: torch.Tensor) -> torch.Tensor:
        return numbers[numbers > 0]

    assert found(function, (1.0, 0.0), 1.0).verdict == "kink"


def test_a_slope_of_0_is_not_held_to_rounding() -> None:
    slope = found(lambda x: x.sin() * 1e-14 + 1e3, (0.1,), 0.0)
    assert slope.verdict == "right"


def test_the_step_grows_with_the_numbers_and_the_least_slope_with_the_gradient() -> None:
    scale = Scale.of(-500 * TWICE, TWICE, Options(epsilon=1e-6))
    assert scale == pytest.approx((1e-3, 2e-3))
    assert Scale.of(TWICE / 100, TWICE, Options(epsilon=1e-6)).step == 1e-6


def test_the_largest_magnitude() -> None:
    assert largest(-TWICE) == 2
    assert largest(torch.zeros(0)) == 0


@pytest.mark.parametrize(("slope", "verdict"), [(1e-8, "right"), (1e-5, "wrong")])
def test_a_gradient_of_nothing_is_held_to_what_would_be_noticed(slope: float, verdict: str) -> None:
    assert found(lambda x: x * slope + 1, (0.5,), 0.0).verdict == verdict
