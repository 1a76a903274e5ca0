from __future__ import annotations

import pytest
import torch
from torch import Tensor

from protonet.distributed.group import ALONE, Group
from protonet.distributed.reduction import Reduction
from tests.distributed.siblings import together


def test_gradients_and_numbers_are_sums_over_the_ranks() -> None:
    def work(group: Group) -> list[Tensor]:
        own = group.rank + 1.0  # 1, 2, 3: they add up to 6
        gradients = [torch.full((2, 3), own), torch.full((4,), 10 * own)]
        whole, numbers = Reduction(group, [], 1 / 3).sums(gradients, [torch.tensor(100 * own)])
        return [*whole, *numbers]

    for matrix, vector, number in together(3, work):
        assert matrix.tolist() == [[6.0] * 3] * 2
        assert (vector.tolist(), number.item()) == ([60.0] * 4, 600.0)


def test_a_sum_lies_in_memory_as_its_gradient_does() -> None:
    gradient = torch.arange(48.0).view(2, 3, 2, 4).to(memory_format=torch.channels_last)
    one = torch.arange(6.0).view(6, 1, 1, 1).to(memory_format=torch.channels_last)
    for own in (gradient, one, gradient.mT.contiguous()):
        (whole,), _ = Reduction(ALONE, [], 1.0).sums([own], [])
        assert whole.stride() == own.stride()
        assert torch.equal(whole, own)


def test_element_types_travel_apart_and_come_back_as_they_were() -> None:
    gradients = [torch.ones(2, dtype=torch.bfloat16), torch.ones(3), torch.ones(1).double()]
    whole, (loss,) = Reduction(ALONE, [], 1.0).sums(
        gradients, [torch.tensor(0.1, dtype=torch.float64)]
    )
    assert [one.dtype for one in whole] == [one.dtype for one in gradients]
    assert loss.item() == 0.1  # not rounded to float32


def test_the_second_call_gives_the_second_sums_and_numbers_stay() -> None:
    reduction = Reduction(ALONE, [], 1.0)
    _, (first,) = reduction.sums([torch.zeros(2)], [torch.tensor(1.0)])
    (whole,), (second,) = reduction.sums([torch.ones(2)], [torch.tensor(2.0)])
    assert (first.item(), second.item(), whole.tolist()) == (1.0, 2.0, [1.0, 1.0])


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.25, 0.75)])
def test_statistics_become_their_average_by_samples(shares: tuple[float, float]) -> None:
    def work(group: Group) -> list[float]:
        kept = torch.tensor([4.0, 8.0]) if group.is_first else torch.tensor([0.0, 16.0])
        Reduction(group, [kept], shares[group.rank]).sums([torch.zeros(1)], [])
        return kept.tolist()

    first, second = shares
    expected = [4 * first, 8 * first + 16 * second]
    assert together(2, work) == [expected, expected]


def test_what_is_not_finite_anywhere_is_not_finite_everywhere() -> None:
    def work(group: Group) -> bool:
        own = torch.tensor([torch.nan if group.rank == 1 else 1.0])
        (whole,), _ = Reduction(group, [], 0.5).sums([own], [])
        return bool(whole.isnan().all())

    assert together(2, work) == [True, True]
