from __future__ import annotations

import torch

from protonet.layers.split import SPLIT
from tests.layers.building import numbers, tops_of


def test_every_top_is_the_bottom() -> None:
    bottom = numbers(1.0, 2.0)
    tops = tops_of(SPLIT, bottom, tops=3)
    assert [top.tolist() for top in tops] == [[1, 2]] * 3


def test_the_gradients_of_the_tops_add_up() -> None:
    bottom = numbers(1.0, 2.0)
    first, second = tops_of(SPLIT, bottom, tops=2)
    (slope,) = torch.autograd.grad((first + 10 * second).sum(), bottom)
    assert slope.tolist() == [11, 11]


def test_each_top_has_a_gradient_of_its_own() -> None:
    first, second = tops_of(SPLIT, numbers(1.0, 2.0), tops=2)
    slopes = torch.autograd.grad((first + 10 * second).sum(), [first, second])
    assert [slope.tolist() for slope in slopes] == [[1, 1], [10, 10]]


def test_nothing_is_copied() -> None:
    bottom = numbers(1.0, 2.0)
    (top,) = tops_of(SPLIT, bottom)
    assert top.data_ptr() == bottom.data_ptr()
