from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from protonet.layers.frames import (
    Frame,
    drawn,
    largest,
    largest_and_place,
    mean,
    weighted_mean,
)

LOWEST = -3.4028234663852886e38
"""-FLT_MAX of C: -(2 - 2**-23) * 2**127."""


def frame(kernel: int, stride: int, pad: int = 0, keeps_cut: bool = True) -> Frame:
    return Frame((kernel, kernel), (stride, stride), (pad, pad), keeps_cut)


@pytest.mark.parametrize(
    ("given", "side", "places"),
    [
        (frame(2, 2), 6, 3),  # ceil(4 / 2) + 1
        (frame(3, 2), 6, 3),  # ceil(3 / 2) + 1: the last is cut
        (frame(3, 2, keeps_cut=False), 6, 2),  # floor(3 / 2) + 1
        (frame(3, 2, 1), 7, 4),  # ceil(6 / 2) + 1
        (frame(2, 2, 1), 3, 2),  # ceil(3 / 2) + 1 = 3, but the third starts at 3 = 3 + 1 - 1
        (frame(2, 3), 6, 3),  # ceil(4 / 3) + 1: without padding the third stays, empty
        (frame(3, 1), 2, 0),  # ceil(-1 / 1) + 1
        (frame(4, 2), 3, 1),  # ceil(-1 / 2) + 1: a single window, cut
    ],
)
def test_windows_are_counted_as_caffe_counts_them(given: Frame, side: int, places: int) -> None:
    assert given.places((side, side)) == (places, places)


def test_padding_along_one_axis_drops_an_empty_window_along_the_other() -> None:
    assert Frame((2, 2), (3, 3), (0, 0), True).places((6, 6)) == (3, 3)
    assert Frame((2, 2), (3, 3), (1, 0), True).places((6, 6)) == (3, 2)


@pytest.mark.parametrize(
    ("given", "is_torchs"),
    [
        (frame(2, 2), True),
        (frame(3, 2, 1), True),
        (frame(3, 2, 2), False),  # torch pads by half a window at most
        (frame(2, 3), False),  # there may be windows beyond the image
        (frame(2, 3, keeps_cut=False), True),
        (frame(2, 3, 1), True),
    ],
)
def test_torch_has_most_windows(given: Frame, is_torchs: bool) -> None:
    assert given.is_torchs is is_torchs


def test_lengths_count_the_padding_but_nothing_beyond_it() -> None:
    # Windows of 4 start at -1, 2, 5, and 8 + 1 is where the padding of 8 pixels ends.
    like = torch.zeros((), dtype=torch.float64)
    lengths = frame(4, 3, 1).lengths(0, 8, like)
    assert lengths.dtype == torch.float64
    assert lengths.tolist() == [4, 4, 4]
    assert frame(4, 3, 1).lengths(0, 7, like).tolist() == [4, 4, 3]
    assert frame(2, 3).lengths(0, 6, like).tolist() == [2, 2, 0]
    assert frame(1, 4).lengths(0, 6, like).tolist() == [1, 1, -2]


def test_margins_say_how_far_the_last_window_overhangs() -> None:
    assert frame(3, 2).margins((6, 7)) == (1, 0)  # 2 * 2 + 3 - 6, 2 * 2 + 3 - 7
    assert frame(2, 3, keeps_cut=False).margins((7, 8)) == (-2, 0)  # 1 * 3 + 2 - 7, 2 * 3 + 2 - 8


def image(*rows: list[float]) -> torch.Tensor:
    return torch.tensor([[[*rows]]], requires_grad=True)


def test_the_largest_is_the_first_of_equals() -> None:
    tied = image([1.0, 5.0, 5.0], [5.0, 2.0, 5.0])
    top = largest(tied, Frame((2, 3), (1, 1), (0, 0), True))
    assert top.tolist() == [[[[5.0]]]]
    assert torch.autograd.grad(top, tied)[0].tolist() == [[[[0, 1, 0], [0, 0, 0]]]]


def test_padding_is_never_the_largest() -> None:
    top = largest(image([-1.0, -2.0], [-3.0, -4.0]), frame(2, 2, 1))
    assert top.tolist() == [[[[-1, -2], [-3, -4]]]]


@pytest.mark.parametrize("pool", [largest, mean])
@pytest.mark.parametrize(
    ("side", "keeps_cut", "places"),
    [
        (5, True, [0, 2, 4]),  # ceil(4 / 2) + 1
        (5, False, [0, 2, 4]),
        (6, False, [0, 2, 4]),  # floor(5 / 2) + 1; with ceil a fourth would lie at 6, beyond
    ],
)
def test_a_window_of_one_pixel_holds_that_pixel(
    pool: Callable[[torch.Tensor, Frame], torch.Tensor],
    side: int,
    keeps_cut: bool,
    places: list[int],
) -> None:
    pixels = torch.arange(float(side * side)).reshape(1, 1, side, side).requires_grad_()
    top = pool(pixels, frame(1, 2, keeps_cut=keeps_cut))
    assert top.tolist() == [[[[row * side + column for column in places] for row in places]]]
    (slopes,) = torch.autograd.grad(top.sum(), pixels)
    assert slopes.nonzero()[:, 2:].tolist() == [
        [row, column] for row in places for column in places
    ]


def test_a_window_of_one_pixel_may_lie_beyond_the_image() -> None:
    assert largest(torch.ones(1, 1, 6, 1), frame(1, 2)).flatten().tolist() == [1, 1, 1, LOWEST]
    assert mean(torch.ones(1, 1, 6, 1), frame(1, 2)).isnan().flatten().tolist() == [
        *[False] * 3,
        True,
    ]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_largest_of_an_empty_window_is_the_lowest_number(dtype: torch.dtype) -> None:
    top = largest(torch.ones(1, 1, 6, 2, dtype=dtype), frame(2, 3))
    assert top.tolist() == [[[[1], [1], [LOWEST]]]]


def test_a_mean_divides_by_what_the_window_has_of_image_and_padding() -> None:
    # Windows of 4 start at -1, 2 and 5 of 7 pixels and 1 of padding: 3 pixels of 4, 4 of 4, and
    # 2 of 3, since nothing beyond the padding counts.
    line = torch.tensor([3 / 4, 4 / 4, 2 / 3])
    top = mean(torch.ones(1, 1, 7, 7), frame(4, 3, 1))
    torch.testing.assert_close(top, torch.outer(line, line)[None, None])


def test_a_mean_of_nothing_is_not_a_number() -> None:
    top = mean(torch.ones(1, 1, 6, 2), frame(2, 3))
    assert top[0, 0, :2, 0].tolist() == [1, 1]
    assert math.isnan(top[0, 0, 2, 0])


def test_a_weighted_mean_weighs_each_number_by_itself() -> None:
    values = image([1.0, 3.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0])
    top = weighted_mean(values, frame(2, 2))
    # (1 + 9 + 4) / (1 + 3 + 2), and 0 for zeros only.
    torch.testing.assert_close(top, torch.tensor([[[[14 / 6, 0.0]]]]))
    assert torch.autograd.grad(top.sum(), values)[0].isfinite().all()


def test_numbers_are_drawn_in_proportion_to_themselves() -> None:
    values = image([1.0, 3.0], [0.0, 6.0]).expand(1, 20000, 2, 2)
    top = drawn(values, frame(2, 2))
    shares = [(top == value).double().mean().item() for value in (1, 3, 0, 6)]
    # Of 20,000 draws the share's standard deviation is at most 0.0035.
    assert shares == pytest.approx([0.1, 0.3, 0, 0.6], abs=0.015)


def test_only_what_was_drawn_gets_a_gradient() -> None:
    values = image([0.0, 0.0, 0.0, 2.0], [0.0, 0.0, 0.0, 0.0])
    top = drawn(values, frame(2, 2))
    assert top.tolist() == [[[[0, 2]]]]
    slopes = torch.autograd.grad(top.sum(), values)[0]
    # Of zeros only it is the first.
    assert slopes.tolist() == [[[[1, 0, 0, 1], [0, 0, 0, 0]]]]


def test_a_window_that_overhangs_draws_from_the_image() -> None:
    top = drawn(torch.full((1, 1, 3, 3), 4.0), frame(2, 2))
    assert top.tolist() == [[[[4, 4], [4, 4]]]]


def test_numbers_below_zero_are_survived() -> None:
    assert drawn(torch.full((1, 50, 2, 2), -1.0), frame(2, 2)).unique().tolist() == [-1]


def test_a_place_is_counted_in_the_image_and_not_in_its_frame() -> None:
    # 0 1 2 / 3 4 5 / 6 7 8, larger the later: windows of 3 every 2, two pixels before the image
    image = torch.arange(9.0).view(1, 1, 3, 3)
    top, places = largest_and_place(image, frame(3, 2, 2))
    assert torch.equal(top, largest(image, frame(3, 2, 2)))
    assert places.tolist() == [[[[0, 2, 2], [6, 8, 8], [6, 8, 8]]]]


def test_the_place_of_equal_numbers_is_the_first_and_there_is_none_beyond_the_image() -> None:
    # windows of 2 every 3 on 3 pixels: at 0, and at 3, where no pixel is
    top, places = largest_and_place(torch.ones(1, 1, 3, 3), frame(2, 3))
    assert places.tolist() == [[[[0, -1], [-1, -1]]]]
    assert top[0, 0, 0, 0] == 1
    assert top[0, 0, 1, 1] == LOWEST
