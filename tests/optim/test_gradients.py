"""Expected numbers: norms and quotients by hand."""

from __future__ import annotations

import math

import pytest
import torch

from protonet.optim.gradients import clip_, divide_, note_non_finite_, owned


def test_clip_scales_the_common_norm_down_to_the_maximum() -> None:
    first, second = torch.tensor([3.0, 0.0]), torch.tensor([[4.0]])  # the norm is 5

    clip_([first, None, second], 2.5)

    assert first.tolist() == [1.5, 0.0]
    assert second.tolist() == [[2.0]]


def test_clip_leaves_gradients_below_the_maximum_bit_for_bit() -> None:
    gradient = torch.tensor([0.1, -0.2])

    clip_([gradient], 0.3)

    assert gradient.tolist() == torch.tensor([0.1, -0.2]).tolist()


@pytest.mark.parametrize("maximum", [0.21, 0.77, 0.99, 1.27])  # x * (1 / x) is below 1 for these
def test_clip_leaves_a_norm_equal_to_the_maximum_bit_for_bit(maximum: float) -> None:
    gradient = torch.tensor([maximum])

    clip_([gradient], maximum)

    assert gradient.item() == torch.tensor(maximum).item()


def test_clip_leaves_zero_at_zero() -> None:
    gradient = torch.zeros(2)

    clip_([gradient], 0.3)

    assert gradient.tolist() == [0.0, 0.0]


def test_clip_of_no_gradient_does_nothing() -> None:
    clip_([None], 0.3)


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e30])  # the square of 1e30 overflows
def test_clip_passes_a_norm_that_is_not_finite_on(value: float) -> None:
    first, second = torch.tensor([value]), torch.tensor([1.0])

    clip_([first, second], 0.3)

    assert not first.isfinite()
    assert not second.isfinite()


def test_divide_gives_the_mean_over_iter_size_batches() -> None:
    gradient = torch.tensor([3.0, -1.5])

    divide_([gradient, None], 3)

    assert gradient.tolist() == [1.0, -0.5]


@pytest.mark.parametrize(("loss", "expected"), [(2.5, 0.0), (math.inf, 1.0), (math.nan, 1.0)])
def test_a_non_finite_loss_sets_the_flag(loss: float, expected: float) -> None:
    flag = torch.zeros(())

    note_non_finite_(flag, torch.tensor(loss))

    assert flag.item() == expected


def test_a_finite_loss_does_not_clear_the_flag() -> None:
    flag = torch.ones(())

    note_non_finite_(flag, torch.tensor(1.0))

    assert flag.item() == 1.0


def test_owned_keeps_what_may_be_overwritten() -> None:
    gradient = torch.ones(2, 3)

    assert owned([gradient], [torch.zeros(2, 3)])[0] is gradient


def test_owned_copies_another_memory_format() -> None:
    parameter = torch.zeros(2, 3, 2, 2).to(memory_format=torch.channels_last)
    gradient = torch.arange(24.0).reshape(2, 3, 2, 2)

    own = owned([gradient], [parameter])[0]

    assert own.stride() == parameter.stride()
    assert own.tolist() == gradient.tolist()


def test_owned_copies_one_tensor_that_is_the_gradient_of_two_parameters() -> None:
    gradient = torch.ones(3)

    first, second = owned([gradient, gradient], [torch.zeros(3), torch.zeros(3)])

    assert first.data_ptr() != second.data_ptr()
    assert second.tolist() == [1.0, 1.0, 1.0]


def test_owned_parts_gradients_that_autograd_left_in_one_memory() -> None:
    """Both parameters see the sum through a view, and each `.grad` is a view of its gradient."""
    first, second = (torch.nn.Parameter(torch.zeros(6)) for _ in range(2))
    (first.view(2, 3) + second.view(2, 3)).mul(torch.arange(6.0).view(2, 3)).sum().backward()
    gradients = owned([first.grad, second.grad], [first.detach(), second.detach()])

    clip_(gradients, 1.0)  # the squares are 0, 1, 4, 9, 16, 25, twice: the norm is √110

    expected = pytest.approx([value / math.sqrt(110) for value in range(6)], rel=1e-6)
    assert gradients[0].tolist() == expected
    assert gradients[1].tolist() == expected


def test_owned_copies_an_expanded_gradient() -> None:
    own = owned([torch.ones(()).expand(3)], [torch.zeros(3)])[0]

    assert own.mul_(2).tolist() == [2.0, 2.0, 2.0]


def test_owned_gives_zeros_for_no_gradient() -> None:
    assert owned([None], [torch.ones(2)])[0].tolist() == [0.0, 0.0]
