from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.pooling import POOLING, Pooling, PoolingParams
from protonet.layers.record import Blob
from tests.layers.building import build, complaints, gradient, refusal, top_of, tops_of


def image(height: int, width: int) -> torch.Tensor:
    """Return 1, 2, 3, … row by row, (1, 1, height, width)."""
    values = torch.arange(1.0, height * width + 1).reshape(1, 1, height, width)
    return values.requires_grad_()


def test_takes_the_largest_of_each_window() -> None:
    # 1  2  3  4
    # 5  6  7  8
    assert top_of(POOLING, image(2, 4), kernel_size=2, stride=2).tolist() == [[[[6, 8]]]]


def test_takes_the_mean_of_each_window() -> None:
    # (1 + 2 + 5 + 6) / 4 and (3 + 4 + 7 + 8) / 4
    top = top_of(POOLING, image(2, 4), pool="AVE", kernel_size=2, stride=2)
    assert top.tolist() == [[[[3.5, 5.5]]]]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        # 1 2 3 / 4 5 6 / 7 8 9: windows of 2 every 2 are cut at the end of both axes.
        ({}, [[5, 6], [8, 9]]),
        ({"round_mode": "FLOOR"}, [[5]]),
        # A mean divides by what is left of a window: (3 + 6) / 2, (7 + 8) / 2, 9 / 1.
        ({"pool": "AVE"}, [[3, 4.5], [7.5, 9]]),
        ({"pool": "AVE", "round_mode": "FLOOR"}, [[3]]),
    ],
)
def test_a_window_that_overhangs_is_cut_or_left_out(
    keys: dict[str, str], expected: list[list[float]]
) -> None:
    top = top_of(POOLING, image(3, 3), kernel_size=2, stride=2, **keys)
    assert top.tolist() == [[expected]]


def test_a_mean_counts_the_padding_but_not_what_overhangs_it() -> None:
    # Windows of 4 start at -1 and 2 of 4 pixels, and the padding ends at 5: along an axis the first
    # has 3 pixels of 4, the second 2 of 3.
    ones = torch.ones(1, 1, 4, 4)
    top = top_of(POOLING, ones, pool="AVE", kernel_size=4, stride=3, pad=1)
    expected = torch.tensor([[9 / 16, 6 / 12], [6 / 12, 4 / 9]])
    torch.testing.assert_close(top[0, 0], expected)


@pytest.mark.parametrize(
    ("side", "places"),
    [
        (6, 4),  # ceil((6 + 2 - 3) / 2) + 1 = 4; the last starts at 6, before 6 + 1
        (5, 3),  # ceil((5 + 2 - 3) / 2) + 1 = 3
        (4, 3),  # ceil((4 + 2 - 3) / 2) + 1 = 3; the last starts at 4, before 4 + 1
    ],
)
def test_a_last_window_stays_where_it_starts_before_the_end_of_the_padding(
    side: int, places: int
) -> None:
    top = top_of(POOLING, image(side, side), kernel_size=3, stride=2, pad=1)
    assert top.shape == (1, 1, places, places)


def test_a_last_window_in_the_padding_alone_is_dropped() -> None:
    # ceil((3 + 2 - 2) / 2) + 1 = 3, but the third would start at 4 of 3 + 1.
    top = top_of(POOLING, image(3, 3), kernel_size=2, stride=2, pad=1)
    assert top.tolist() == [[[[1, 3], [7, 9]]]]


def test_a_window_beyond_the_image_has_the_lowest_number_or_none() -> None:
    # Windows of 1 every 2 of 4 pixels: ceil(3 / 2) + 1 = 3, the third starts at 4.
    line = torch.ones(1, 1, 1, 4)
    keys = {"kernel_size": 1, "stride_h": 1, "stride_w": 2}
    assert top_of(POOLING, line, **keys).tolist() == [[[[1, 1, -3.4028234663852886e38]]]]
    mean = top_of(POOLING, line, pool="AVE", **keys)[0, 0, 0].tolist()
    assert mean[:2] == [1, 1]
    assert math.isnan(mean[2])


def test_the_padding_may_be_wider_than_half_a_window() -> None:
    # Windows of 3 start at -2, 0 and 2 of 3 pixels.
    top = top_of(POOLING, image(3, 3), kernel_size=3, stride=2, pad=2)
    assert top.tolist() == [[[[1, 3, 3], [7, 9, 9], [7, 9, 9]]]]


def test_height_and_width_may_differ() -> None:
    keys = {"kernel_h": 1, "kernel_w": 2, "stride_h": 2, "stride_w": 1, "pad_w": 1}
    # Rows 0 and 2 of 1 2 / 3 4 / 5 6; windows start at -1, 0 and 1.
    assert top_of(POOLING, image(3, 2), **keys).tolist() == [[[[1, 2, 2], [5, 6, 6]]]]
    assert top_of(POOLING, image(3, 2), kernel_size=[1, 2]).tolist() == [[[[2], [4], [6]]]]


def test_a_global_window_is_the_whole_image() -> None:
    assert top_of(POOLING, image(3, 5), global_pooling=True).tolist() == [[[[15]]]]
    # The mean of 1 … 15 is (1 + 15) / 2.
    assert top_of(POOLING, image(3, 5), pool="AVE", global_pooling=True).tolist() == [[[[8]]]]
    # Σx² / Σx of 1, 2, 3, 4 is 30 / 10.
    stochastic = build(POOLING, image(2, 2), phase="test", pool="STOCHASTIC", global_pooling=True)
    assert stochastic(image(2, 2)).tolist() == [[[[3]]]]


@pytest.mark.parametrize("keys", [{"kernel_size": 2}, {"kernel_size": 2, "pad": 1}])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_first_of_equals_gets_the_gradient(
    keys: dict[str, int], layout: torch.memory_format
) -> None:
    flat = torch.zeros(1, 3, 2, 2).contiguous(memory_format=layout).requires_grad_()
    slopes = gradient(top_of(POOLING, flat, stride=2, **keys), flat)
    # Without padding one window has all four; with it each has one.
    expected = [[1, 1], [1, 1]] if "pad" in keys else [[1, 0], [0, 0]]
    assert slopes.tolist() == [[expected] * 3]


def test_the_first_of_equals_gets_the_gradient_of_a_global_window() -> None:
    flat = torch.zeros(1, 1, 2, 2, requires_grad=True)
    slopes = gradient(top_of(POOLING, flat, global_pooling=True), flat)
    assert slopes.tolist() == [[[[1, 0], [0, 0]]]]


def test_a_number_is_drawn_in_training_and_weighed_outside() -> None:
    values = torch.tensor([[[[1.0, 3.0]]]])
    keys: dict[str, Any] = {"pool": "STOCHASTIC", "kernel_h": 1, "kernel_w": 2}
    train = build(POOLING, values, **keys)
    draws = [train(values).item() for _ in range(50)]
    assert {*draws} == {1.0, 3.0}
    # (1 + 9) / (1 + 3)
    assert build(POOLING, values, phase="test", **keys)(values).item() == 2.5


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ({"kernel_size": 2, "stride": 2}, nn.MaxPool2d),
        ({"kernel_size": 3, "stride": 2, "pad": 1}, nn.MaxPool2d),
        ({"kernel_size": 2, "stride": 2, "pool": "AVE"}, nn.AvgPool2d),
        ({"global_pooling": True, "pool": "AVE"}, nn.AdaptiveAvgPool2d),
        ({"kernel_size": 2, "stride": 3}, Pooling),
        ({"kernel_size": 1, "stride": 2, "round_mode": "FLOOR"}, Pooling),
    ],
)
def test_torchs_own_pooling_is_used_where_it_has_the_windows(
    keys: dict[str, Any], kind: type[nn.Module]
) -> None:
    assert type(build(POOLING, image(6, 6), **keys)) is kind


@pytest.mark.parametrize(
    "keys",
    [
        {"kernel_size": 2, "stride": 2},
        {"kernel_size": 2, "stride": 3, "pool": "AVE"},
        {"kernel_size": 3, "stride": 2, "pad": 2},
        {"global_pooling": True},
        {"kernel_size": 2, "stride": 2, "pool": "STOCHASTIC"},
    ],
)
def test_a_layer_built_for_one_image_takes_another(keys: dict[str, Any]) -> None:
    other = image(7, 8)
    small, fitting = (build(POOLING, given, phase="test", **keys) for given in (image(5, 5), other))
    torch.testing.assert_close(small(other), fitting(other), equal_nan=True)


@pytest.mark.parametrize(
    ("keys", "why", "hint"),
    [
        (
            {"kernel_size": 6},
            "no window fits along axis 2 of (2, 3, 5, 9): ceil((5 + 2*0 - 6) / 1) + 1 = 0",
            "use a smaller kernel_size or a larger pad",
        ),
        (
            {"kernel_h": 4, "kernel_w": 10, "round_mode": "FLOOR", "stride": 2},
            "no window fits along axis 3 of (2, 3, 5, 9): floor((9 + 2*0 - 10) / 2) + 1 = 0",
            "use a smaller kernel_size or a larger pad",
        ),
        (
            {"kernel_size": 2, "pad_w": 2},
            "pad 2 is not below the kernel's 2 along axis 3 of (2, 3, 5, 9)",
            "a window would lie in the padding alone",
        ),
        (
            {"kernel_size": [2, 2, 2]},
            "kernel_size has 3 numbers, the bottom has 2 spatial axes",
            "",
        ),
    ],
)
def test_refuses_windows_that_do_not_fit(keys: dict[str, Any], why: str, hint: str) -> None:
    assert refusal(POOLING, Blob((2, 3, 5, 9)), **keys) == (why, hint)


def test_refuses_what_is_no_image() -> None:
    assert refusal(POOLING, Blob((2, 3)), kernel_size=2) == (
        "the bottom (2, 3) has 2 axes, Pooling needs 4: (N, C, H, W)",
        "",
    )


def test_refuses_whole_numbers() -> None:
    assert refusal(POOLING, Blob((1, 1, 4, 4), torch.uint8), kernel_size=2) == (
        "bottom 0 holds uint8, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )


@pytest.mark.parametrize(
    ("keys", "key", "code", "why", "hint"),
    [
        (
            {},
            "kernel_size",
            "PN011",
            "missing",
            "give kernel_size, or kernel_h and kernel_w, or global_pooling: true",
        ),
        *(
            (
                {"global_pooling": True, **keys},
                next(iter(keys)),
                "PN015",
                "with global_pooling the window is the whole image",
                "leave one of the two out",
            )
            for keys in (
                {"kernel_size": 2},
                {"kernel_h": 2, "kernel_w": 2},
                {"stride": 2},
                {"pad": 1},
                {"pad_h": 1},
            )
        ),
        *(
            (
                {"pool": "STOCHASTIC", "kernel_size": 2, key: 1},
                key,
                "PN015",
                "STOCHASTIC takes no padding",
                "leave pad out",
            )
            for key in ("pad", "pad_w")
        ),
    ],
)
def test_refuses_keys_that_do_not_go_together(
    keys: dict[str, Any], key: str, code: str, why: str, hint: str
) -> None:
    assert complaints(PoolingParams, **keys) == [(key, code, why, hint)]


def test_keys_that_change_nothing_may_stand_beside_global_pooling() -> None:
    PoolingParams(global_pooling=True, stride=(1,), pad_h=0, pad_w=0)
    PoolingParams(pool="STOCHASTIC", kernel_size=(2,), pad=(0,))


@pytest.mark.parametrize(
    ("keys", "places"),
    [
        # 1 2 3 4 / 5 6 7 8
        ({"kernel_size": 2, "stride": 2}, [[5, 7]]),
        ({"kernel_size": 3, "stride": 2, "pad": 1}, [[5, 7, 7]] * 2),
        ({"global_pooling": True}, [[7]]),
    ],
)
def test_a_second_top_says_where_the_largest_lies(
    keys: dict[str, Any], places: list[list[int]]
) -> None:
    bottom = image(2, 4)
    top, mask = tops_of(POOLING, bottom, tops=2, **keys)
    assert mask.tolist() == [[places]]
    assert torch.equal(top, top_of(POOLING, bottom, **keys))
    assert torch.equal(bottom.flatten()[mask], top)
    assert torch.equal(gradient(top, bottom), gradient(top_of(POOLING, bottom, **keys), bottom))


def test_a_mean_has_no_mask() -> None:
    with pytest.raises(ShapeError) as caught:
        build(POOLING, image(2, 4), tops=2, pool="AVE", kernel_size=2)
    assert (caught.value.why, caught.value.hint) == (
        "a second top, the mask, is asked of pool: AVE",
        "MAX alone has one: leave the second top out",
    )
