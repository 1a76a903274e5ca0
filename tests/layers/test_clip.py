from __future__ import annotations

import torch

from protonet.layers.clip import CLIP, ClipParams
from protonet.layers.record import Blob
from tests.layers.building import complaints, gradient, numbers, refusal, top_of


def test_numbers_are_held_between_the_bounds() -> None:
    top = top_of(CLIP, numbers(-2.0, -1.0, 0.0, 0.5, 3.0), min=-1, max=0.5)
    assert top.tolist() == [-1, -1, 0, 0.5, 0.5]


def test_the_gradient_passes_at_the_bounds_and_not_beyond() -> None:
    bottom = numbers(-2.0, -1.0, 0.0, 0.5, 3.0)
    assert gradient(top_of(CLIP, bottom, min=-1, max=0.5), bottom).tolist() == [0, 1, 1, 1, 0]


def test_refuses_bounds_in_the_wrong_order() -> None:
    assert complaints(ClipParams, min=2, max=1) == [("", "PN013", "min 2 is above max 1", "")]


def test_both_bounds_are_needed() -> None:
    assert [(where, kind) for where, kind, _, _ in complaints(ClipParams)] == [
        ("min", "missing"),
        ("max", "missing"),
    ]


def test_refuses_whole_numbers() -> None:
    assert refusal(CLIP, Blob((2, 3), torch.int64), min=0, max=1) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
