"""What is cut out for a window, and which part of the sample it fills."""

from __future__ import annotations

import math

import numpy as np
import pytest

from protonet.data.window_crops import Warp

F = np.float32


def crops(
    warp: Warp, box: tuple[int, ...], image: tuple[int, int], *, mirrored: bool = False
) -> tuple[list[int], list[int]]:
    """Return both for one window of an image of so many rows and columns."""
    cut, filled = warp.crops(np.array([box]), np.array([image]), np.array([mirrored]))
    return cut[0].tolist(), filled[0].tolist()


def c_round(value: np.float32) -> int:
    """Round as C does, halves away from 0."""
    return int(math.copysign(math.floor(abs(float(value)) + 0.5), value))


def in_caffe(
    warp: Warp, box: tuple[int, ...], image: tuple[int, int], *, mirrored: bool
) -> tuple[list[int], list[int]]:
    """Return both by the steps of the published algorithm, one number after the other."""
    size, (left, top, right, bottom) = warp.size, box
    scale = F(size) / F(size - 2 * warp.context_pad)
    half = {"x": F(right - left + 1) / F(2), "y": F(bottom - top + 1) / F(2)}
    centre = {"x": F(left) + half["x"], "y": F(top) + half["y"]}
    if warp.square:
        half = dict.fromkeys(half, max(half.values()))
    cut, empty, filled = {}, {}, {}
    for axis, side in (("y", image[0]), ("x", image[1])):
        first = c_round(centre[axis] - half[axis] * scale)
        last = c_round(centre[axis] + half[axis] * scale)
        before, after = max(0, -first), max(0, last - side + 1)
        factor = F(size) / F(last - first + 1)
        inside = last - first + 1 - before - after
        turned = axis == "x" and mirrored
        empty[axis] = c_round(F(after if turned else before) * factor)
        filled[axis] = min(c_round(F(inside) * factor), size - empty[axis])
        cut[axis] = (first + before, inside)
    return (
        [cut["y"][0], cut["x"][0], cut["y"][1], cut["x"][1]],
        [empty["y"], empty["x"], filled["y"], filled["x"]],
    )


def test_without_context_a_window_fills_the_sample() -> None:
    # x 2 … 9 are 8 columns, y 3 … 5 are 3 rows
    assert crops(Warp(10), (2, 3, 9, 5), (20, 30)) == ([3, 2, 3, 8], [0, 0, 10, 10])
    assert crops(Warp(10), (2, 3, 9, 5), (20, 30), mirrored=True)[1] == [0, 0, 10, 10]


def test_context_surrounds_the_window() -> None:
    # 10 / (10 - 2 * 1) = 1.25; the half of 8 columns, 4, becomes 5: from 14 - 5 to 14 + 5, 11 of
    # them; that of 4 rows, 2, becomes 2.5: from 12 - 2.5 = 9.5, rounded up, to 14.5, rounded up
    assert crops(Warp(10, 1), (10, 10, 17, 13), (40, 40)) == ([10, 9, 6, 11], [0, 0, 10, 10])


def test_what_lies_outside_the_image_stays_empty() -> None:
    # columns 0 … 7: centre 4, from -1 to 9, 11 of them, one outside; 10 / 11 of a pixel: 1 empty,
    # 10 * 10 / 11 = 9.09 filled. Rows 36 … 39: centre 38, from 35.5, so 36, to 40.5, so 41: 6 of
    # them, 2 outside, 10 / 6 each: the upper 4 fill 6.67, so 7
    assert crops(Warp(10, 1), (0, 36, 7, 39), (40, 40)) == ([36, 0, 4, 10], [0, 1, 7, 9])
    # turned, the empty column is the other, and 9.09 again are filled from column 0 on
    turned = crops(Warp(10, 1), (0, 36, 7, 39), (40, 40), mirrored=True)
    assert turned == ([36, 0, 4, 10], [0, 0, 7, 9])


def test_a_square_has_the_longer_side_of_the_window() -> None:
    # 8 columns from 10 on and 4 rows from 10 on: half of both is 4; centre 14, 12
    square = crops(Warp(9, square=True), (10, 10, 17, 13), (40, 40))
    assert square == ([8, 10, 9, 9], [0, 0, 9, 9])


def test_rounding_never_leads_over_the_edge_of_the_sample() -> None:
    # 7 / 3 with a pad of 2: half 0.5 -> 1.1667: from 0.5 - 1.1667 = -0.67, so -1, to 1.67, so 2: 4
    # rows of 1.75 pixels; 1 outside above is 1.75, so 2; 3 inside are 5.25, so 5: 7 together
    assert crops(Warp(7, 2), (0, 0, 0, 0), (3, 3)) == ([0, 0, 3, 3], [2, 2, 5, 5])
    # the same of an image of 2 pixels: 1 outside on each side, 2 inside are 3.5, so 4
    assert crops(Warp(7, 2), (0, 0, 0, 0), (2, 2)) == ([0, 0, 2, 2], [2, 2, 4, 4])


def test_one_pixel_at_least_is_filled() -> None:
    # columns 4 of -1000 … 4 lie inside an image that begins at 4 - 4: 5 of 1007 are 0.05 pixels
    cut, filled = crops(Warp(10, square=True), (-1000, 0, 4, 1), (2, 20))
    assert cut[1] == 0
    assert filled[1] + filled[3] == 10
    assert filled[3] == 1


@pytest.mark.parametrize("square", [False, True])
@pytest.mark.parametrize("pad", [0, 1, 16, 40])
def test_random_windows_are_cut_as_the_published_algorithm_does(pad: int, square: bool) -> None:
    if not (pad or square):
        return
    warp, random = Warp(97, pad, square), np.random.default_rng(pad + square)
    count = 400
    images = random.integers(1, 500, (count, 2))
    boxes = np.empty((count, 4), int)
    for k, (rows, columns) in enumerate(images.tolist()):
        boxes[k, [0, 2]] = np.sort(random.integers(0, columns, 2))
        boxes[k, [1, 3]] = np.sort(random.integers(0, rows, 2))
    mirrored = random.random(count) < 0.5
    cut, filled = warp.crops(boxes, images, mirrored)
    thin = 0
    for k in range(count):
        box, image = tuple(boxes[k].tolist()), (int(images[k, 0]), int(images[k, 1]))
        expected = in_caffe(warp, box, image, mirrored=bool(mirrored[k]))
        if min(expected[1][2:]) < 1:  # where OpenCV would refuse to scale
            thin += 1
            continue
        assert (cut[k].tolist(), filled[k].tolist()) == expected
    assert thin < count / 10
