from __future__ import annotations

import torch

from protonet.layers.permute import PERMUTE, PermuteParams
from protonet.layers.record import Blob
from tests.layers.building import complaints, gradient, numbers, refusal, top_of


def test_the_axes_come_in_the_order_given() -> None:
    top = top_of(PERMUTE, numbers([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), order=[0, 2, 1])
    assert top.tolist() == [[[1, 3, 5], [2, 4, 6]]]


def test_axes_that_are_not_named_follow() -> None:
    image = torch.zeros(2, 3, 4, 5)
    assert top_of(PERMUTE, image, order=[2]).shape == (4, 2, 3, 5)
    assert top_of(PERMUTE, image).shape == (2, 3, 4, 5)


def test_the_gradient_goes_back_to_its_place() -> None:
    bottom = numbers([1.0, 2.0], [3.0, 4.0])
    top = top_of(PERMUTE, bottom, order=[1, 0]) * torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert gradient(top, bottom).tolist() == [[1, 3], [2, 4]]


def test_refuses_an_axis_that_does_not_exist() -> None:
    assert refusal(PERMUTE, Blob((2, 3)), order=[0, 2]) == (
        "order names axis 2, and a bottom of shape (2, 3) has 2 axes",
        "axes are counted from 0",
    )


def test_refuses_an_axis_twice() -> None:
    assert complaints(PermuteParams, order=[0, 1, 0]) == [
        ("", "PN013", "order names axis 0 twice", "each axis has one place")
    ]
