from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

from protonet.layers.record import Blob
from protonet.layers.reorg import REORG
from tests.layers.building import refusal, top_of


@pytest.mark.parametrize("shape", [(4, 2, 4), (8, 4, 2), (4, 6, 2)])
def test_numbers_move_as_darknets_indices_say(shape: tuple[int, int, int]) -> None:
    channels, height, width = shape
    numbers, step = np.arange(channels * height * width), 2
    few = channels // step**2
    moved = np.zeros_like(numbers)
    for k, j, i in product(*map(range, shape)):
        row, column = j * step + k // few // step, i * step + k // few % step
        far = (k % few * height * step + row) * width * step + column
        moved[(k * height + j) * width + i] = numbers[far]

    top = top_of(REORG, torch.from_numpy(numbers).view(1, *shape), stride=step)

    assert top.shape == (1, channels * 4, height // 2, width // 2)
    assert top.flatten().tolist() == moved.tolist()


def test_channels_become_pixels_in_a_reverse_one() -> None:
    bottom = torch.tensor([1.0, 2, 3, 4]).view(1, 4, 1, 1)
    assert top_of(REORG, bottom, stride=2, reverse=True).tolist() == [[[[1, 2], [3, 4]]]]


def test_a_reverse_one_moves_the_numbers_back() -> None:
    bottom = torch.randn(2, 4, 4, 6)
    moved = top_of(REORG, bottom, stride=2)
    back = top_of(REORG, moved.view(2, 4, 4, 6), stride=2, reverse=True)
    assert torch.equal(back.view(2, 4, 4, 6), bottom)


@pytest.mark.parametrize(
    ("shape", "why", "hint"),
    [
        (
            (1, 6, 4, 4),
            "stride² = 4 does not divide the 6 channels of (1, 6, 4, 4)",
            "use a smaller stride, or more channels",
        ),
        (
            (1, 4, 4, 5),
            "stride 2 does not divide both sides of (1, 4, 4, 5)",
            "use images whose sides are multiples of the stride",
        ),
        ((1, 4), "the bottom (1, 4) has 2 axes, Reorg needs 4: (N, C, H, W)", ""),
    ],
)
def test_refuses_what_the_stride_does_not_divide(
    shape: tuple[int, ...], why: str, hint: str
) -> None:
    assert refusal(REORG, Blob(shape), stride=2) == (why, hint)
