"""What all rules do with lists, by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from protonet.optim import Slot
from protonet.optim.lists import (
    Group,
    Step,
    add_penalty_,
    average_fused,
    average_of,
    check_fused,
    check_portable,
    grouped,
    replace_,
    subtract_fused,
    subtract_portable,
)


def step(gradient: list[float], weight: list[float], decay: float = 0.0, l1: bool = False) -> Step:
    group = Group((0,), [torch.tensor(weight)], (), 1.0, 1.0, torch.zeros(()))
    return Step(group, [torch.tensor(gradient)], 1.0, decay, l1)


def test_parameters_of_one_kind_are_one_group() -> None:
    tensors = [torch.zeros(2), torch.zeros(3), torch.zeros(2), torch.zeros(2).double()]
    slots = [
        Slot("a/w", tensors[0]),
        Slot("a/b", tensors[1], lr_mult=2.0, decay_mult=0.0),
        Slot("b/w", tensors[2]),
        Slot("c/w", tensors[3]),
    ]
    buffers = [torch.ones_like(tensor) for tensor in tensors]

    groups = list(grouped(slots, [buffers]))

    assert [group.places for group in groups] == [(0, 2), (1,), (3,)]
    assert [(group.lr_mult, group.decay_mult) for group in groups] == [(1, 1), (2, 0), (1, 1)]
    assert groups[0].buffers[0][1] is buffers[2]
    assert groups[0].parameters[1].data_ptr() == tensors[2].data_ptr()


@pytest.mark.parametrize(
    ("l1", "expected"),
    [(False, [2.0, -1.0, 1.0]), (True, [1.25, 0.75, 1.0])],  # 1 + w / 4, 1 + sign(w) / 4
)
def test_a_penalty_is_added_to_the_gradients(l1: bool, expected: list[float]) -> None:
    one = step([1.0, 1.0, 1.0], [4.0, -8.0, 0.0], 0.25, l1)

    add_penalty_(one)

    assert one.gradients[0].tolist() == expected


@pytest.mark.parametrize("check", [check_fused, check_portable])
@pytest.mark.parametrize(
    ("value", "flag"), [(1.0, 0.0), (math.nan, 1.0), (math.inf, 1.0), (-math.inf, 1.0)]
)
def test_a_check_notices_what_is_not_finite_and_changes_nothing_else(
    check: Callable[[Step, torch.Tensor], None], value: float, flag: float
) -> None:
    found = torch.zeros(())
    one = step([3.0, value], [1.0, 1.0])

    check(one, found)

    assert found.item() == flag
    assert one.gradients[0][0].item() == 3.0


@pytest.mark.parametrize(("flag", "expected"), [(0.0, [3.0, 5.0]), (1.0, [4.0, 8.0])])
def test_an_average_keeps_a_share_unless_the_flag_is_set(
    flag: float, expected: list[float]
) -> None:
    average, values = [torch.tensor([4.0, 8.0])], [torch.tensor([2.0, 2.0])]

    average_fused(average, values, 0.5, 0.5, torch.tensor(flag))  # 2 + 1, 4 + 1

    assert average[0].tolist() == expected


def test_a_portable_average_leaves_the_old_one_in_place() -> None:
    average = [torch.tensor([4.0, 8.0])]

    (new,) = average_of(average, [torch.tensor([2.0, 2.0])], 0.5, 0.25)

    assert new.tolist() == [2.5, 4.5]  # 2 + 0.5, 4 + 0.5
    assert average[0].tolist() == [4.0, 8.0]


@pytest.mark.parametrize(("flag", "expected"), [(0.0, 0.5), (1.0, 1.0)])
def test_a_change_is_subtracted_unless_the_flag_is_set(flag: float, expected: float) -> None:
    one, other = torch.ones(1), torch.ones(1)

    subtract_fused([one], (torch.ones(1),), 0.5, torch.tensor(flag))
    subtract_portable([other], (torch.tensor([0.5]),), torch.tensor(flag))

    assert (one.item(), other.item()) == (expected, expected)


@pytest.mark.parametrize(("flag", "expected"), [(0.0, 2.0), (1.0, 1.0)])
def test_a_buffer_is_replaced_unless_the_flag_is_set(flag: float, expected: float) -> None:
    buffer = torch.ones(1)

    replace_([buffer], [torch.tensor([2.0])], torch.tensor(flag))

    assert buffer.item() == expected
