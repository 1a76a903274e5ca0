from __future__ import annotations

import torch

from protonet.layers.record import Blob
from protonet.layers.shuffle_channel import SHUFFLE_CHANNEL
from tests.layers.building import gradient, numbers, refusal, top_of

BOTTOM = numbers([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])


def test_one_channel_of_each_group_comes_in_turn() -> None:
    assert top_of(SHUFFLE_CHANNEL, BOTTOM, group=2).tolist() == [[0, 3, 1, 4, 2, 5]]
    assert top_of(SHUFFLE_CHANNEL, BOTTOM, group=3).tolist() == [[0, 2, 4, 1, 3, 5]]


def test_one_group_stays_as_it_is() -> None:
    assert torch.equal(top_of(SHUFFLE_CHANNEL, BOTTOM), BOTTOM)


def test_the_two_orders_undo_each_other() -> None:
    image = torch.arange(48.0).view(2, 6, 2, 2)
    shuffled = top_of(SHUFFLE_CHANNEL, image, group=2)
    assert torch.equal(top_of(SHUFFLE_CHANNEL, shuffled, group=3), image)


def test_the_gradient_goes_back_to_where_the_channel_came_from() -> None:
    top = top_of(SHUFFLE_CHANNEL, BOTTOM, group=2)
    weighted = top * torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert gradient(weighted, BOTTOM).tolist() == [[1, 3, 5, 2, 4, 6]]


def test_refuses_groups_that_do_not_divide_the_channels() -> None:
    assert refusal(SHUFFLE_CHANNEL, Blob((2, 6, 4, 4)), group=4) == (
        "group 4 does not divide the 6 channels of (2, 6, 4, 4)",
        "6 / 4 leaves 2",
    )


def test_refuses_a_bottom_without_channels() -> None:
    assert refusal(SHUFFLE_CHANNEL, Blob((2,))) == (
        "a bottom of shape (2) has no channels",
        "they are axis 1",
    )
