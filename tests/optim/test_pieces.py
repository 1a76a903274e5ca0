"""A step in pieces does what the step as a whole does, to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import Tensor

from protonet.optim import adadelta
from protonet.optim.adadelta import AdaDeltaParams
from protonet.optim.lists import Group, Step
from protonet.optim.pieces import PIECE, in_pieces, pieces

SHAPES = ((3,), (5, 7), (PIECE - 10,), (8,), (9,), (2, 4, 128, 300), (11,))


def a_step(shapes: tuple[tuple[int, ...], ...] = SHAPES) -> Step:
    """Return a step over random numbers; images' weights lie channels last."""
    torch.manual_seed(1)
    lists = [[laid(torch.rand(shape)) for shape in shapes] for _ in range(4)]
    places = tuple(range(len(shapes)))
    group = Group(places, lists[0], (lists[1], lists[2]), 1.0, 1.0, torch.zeros(()))
    return Step(group, lists[3], rate=0.5, decay=0.25)


def laid(tensor: Tensor) -> Tensor:
    """Return a tensor of 4 axes channels last, others as they are."""
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor


def sizes(step: Step) -> list[list[int]]:
    return [[one.numel() for one in piece.group.parameters] for piece in pieces(step)]


def test_small_tensors_go_together_and_large_ones_are_cut() -> None:
    # 2 * 4 * 128 * 300 = 307,200 = 2 * 131,072 + 45,056
    cut = [[PIECE], [PIECE], [45_056]]
    assert sizes(a_step()) == [[3, 35], [PIECE - 10, 8], *cut, [9, 11]]


@pytest.mark.parametrize("half", [adadelta.step_fused, adadelta.step_portable])
@pytest.mark.parametrize("held", [0.0, 1.0])
def test_the_pieces_give_what_the_whole_gives(
    half: Callable[[AdaDeltaParams, Step, Tensor], None], held: float
) -> None:
    params = AdaDeltaParams(momentum=0.75, delta=0.01)
    whole, cut, flag = a_step(), a_step(), torch.tensor(held)

    half(params, whole, flag)
    in_pieces(partial(half, params))(cut, flag)

    for one, other in zip(
        (whole.group.parameters, *whole.group.buffers),
        (cut.group.parameters, *cut.group.buffers),
        strict=True,
    ):
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_what_has_gaps_in_memory_is_not_cut() -> None:
    wide = torch.rand(2, PIECE)[:, ::2]
    step = a_step(((3,),))
    group = replace(step.group, parameters=[wide], buffers=())

    (piece,) = pieces(replace(step, group=group, gradients=[torch.rand(2, PIECE // 2)]))

    assert piece.group.parameters[0] is wide


def test_other_devices_get_the_whole_list() -> None:
    step = a_step(((PIECE + 1,),))
    elsewhere = replace(step, group=replace(step.group, scalar=torch.zeros((), device="meta")))

    assert list(pieces(elsewhere)) == [elsewhere]
