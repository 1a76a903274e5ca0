"""Whether gradients are finite, found without changing them."""

from __future__ import annotations

import math

import pytest
import torch

from protonet.optim.finite import LARGE, check_finite
from protonet.optim.lists import Group, Step


def found(gradients: list[torch.Tensor], before: float = 0.0) -> float:
    """Return the flag after a check, which must leave the gradients alone."""
    flag, kept = torch.tensor(before), [one.clone() for one in gradients]
    group = Group((0,), [torch.zeros_like(one) for one in gradients], (), 1.0, 1.0, torch.zeros(()))
    check_finite(Step(group, gradients, 0.5), flag)
    for one, copy in zip(gradients, kept, strict=True):
        torch.testing.assert_close(one, copy, rtol=0, atol=0, equal_nan=True)
    return flag.item()


def gradients() -> list[torch.Tensor]:
    """Return three that are summed, two of them in another order, and one that is not."""
    image = torch.ones(2, LARGE // 16, 4, 4).to(memory_format=torch.channels_last)
    return [torch.ones(LARGE), torch.ones(3), image, torch.ones(2 * LARGE)[::2]]


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_one_strange_number_anywhere_is_noticed(place: int, value: float) -> None:
    given = gradients()
    given[place].view(-1, *given[place].shape[1:])[-1].fill_(value)
    assert found(given) == 1.0


def test_numbers_whose_sum_is_too_large_are_finite() -> None:
    given = gradients()
    given[0][:2] = 3e38
    assert found(given) == 0.0


@pytest.mark.parametrize("before", [0.0, 1.0])
def test_what_is_finite_leaves_the_flag_as_it_was(before: float) -> None:
    assert found(gradients(), before) == before


def test_other_element_types_are_checked_too() -> None:
    half = torch.ones(LARGE, dtype=torch.bfloat16)
    half[7] = math.inf
    assert found([half]) == 1.0
