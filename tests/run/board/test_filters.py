from __future__ import annotations

import numpy as np
import pytest

from protonet.net import Net
from protonet.run.board.filters import FirstFilters, filters_picture, first_filters
from tests.run.board.test_grid import decoded
from tests.specs import net_of

CONVOLUTION = "type: Convolution, num_output: 4, kernel_size: 3"


def test_the_first_convolution_is_found_by_where_its_weight_is_kept() -> None:
    net = net_of("name: r, type: ReLU", f"name: a/conv, {CONVOLUTION}", f"name: b, {CONVOLUTION}")
    assert first_filters(Net(net, "deploy"), "BGR") == FirstFilters("a/conv/weight", "BGR")


def test_a_net_without_convolutions_has_no_filters() -> None:
    net = net_of("name: ip, type: InnerProduct, num_output: 3")
    assert first_filters(Net(net, "deploy"), None) is None


def test_filters_of_one_channel_are_gray() -> None:
    weights = np.arange(8, dtype=np.float32).reshape(2, 1, 2, 2)
    found = decoded(filters_picture(weights, None))
    # two columns of 48 pixels: each weight is 24 x 24 of the shade 255 * weight / 7
    assert found.shape == (48 + 12, 2 * 54 + 6, 3)
    assert found[6, 6].tolist() == [0, 0, 0]
    assert found[6, 60].tolist() == [round(255 * 4 / 7)] * 3
    assert found[53, 107].tolist() == [255, 255, 255]


@pytest.mark.parametrize(("channels", "shown"), [(None, [0, 128, 255]), ("BGR", [255, 128, 0])])
def test_filters_of_three_channels_are_in_colour(channels: str, shown: list[int]) -> None:
    weights = np.array([-1.0, 0.0, 1.0], np.float32).reshape(1, 3, 1, 1)
    found = decoded(filters_picture(weights, channels))  # type: ignore[arg-type]
    assert found[6, 6].tolist() == shown


def test_other_channels_are_drawn_one_by_one_up_to_a_limit() -> None:
    weights = np.zeros((3, 4, 3, 3), np.float32)
    assert decoded(filters_picture(weights, None)).shape == (3 * 54 + 6, 4 * 54 + 6, 3)
    many = np.zeros((300, 2, 3, 3), np.float32)
    assert decoded(filters_picture(many, None)).shape == (16 * 54 + 6, 16 * 54 + 6, 3)
