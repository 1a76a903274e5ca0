from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from protonet.layers.boxes import Coding, areas, decoded, overlaps, suppressed

PRIORS = torch.tensor([[[0.25, 0.25, 0.75, 0.5]], [[0.5, 0.5, 0.25, 0.25]]])
"""One box, half as wide as the image and a quarter as high, and its variances."""
OFFSETS = torch.tensor([1.0, 2.0, 4.0, -4.0]).view(1, 1, 1, 4)


@pytest.mark.parametrize(
    ("coding", "expected"),
    [
        (Coding("CORNER", True), [0.25 + 1, 0.25 + 2, 0.75 + 4, 0.5 - 4]),
        # the offsets by the variances: 0.5, 1, 1, -1
        (Coding("CORNER", False), [0.25 + 0.5, 0.25 + 1, 0.75 + 1, 0.5 - 1]),
        # in widths of 0.5 and heights of 0.25
        (Coding("CORNER_SIZE", False), [0.25 + 0.25, 0.25 + 0.25, 0.75 + 0.5, 0.5 - 0.25]),
        # the centre (0.5, 0.375) moves by 0.5 * 0.5 and 1 * 0.25; the sides become 0.5 e, 0.25 / e
        (
            Coding("CENTER_SIZE", False),
            [
                0.75 - 0.25 * math.e,
                0.625 - 0.125 / math.e,
                0.75 + 0.25 * math.e,
                0.625 + 0.125 / math.e,
            ],
        ),
        (
            Coding("CENTER_SIZE", True),
            [
                1 - 0.25 * math.exp(4),
                0.875 - 0.125 * math.exp(-4),
                1 + 0.25 * math.exp(4),
                0.875 + 0.125 * math.exp(-4),
            ],
        ),
    ],
)
def test_offsets_move_the_prior_box(coding: Coding, expected: list[float]) -> None:
    assert decoded(OFFSETS, PRIORS, coding).flatten().tolist() == pytest.approx(expected)


def test_every_location_of_every_sample_has_its_own_box() -> None:
    offsets = torch.arange(24.0).view(2, 1, 3, 4)
    boxes = decoded(offsets, PRIORS, Coding("CORNER", True))
    assert boxes.shape == (2, 1, 3, 4)
    assert boxes[1, 0, 2].tolist() == [20.25, 21.25, 22.75, 23.5]


BOXES = np.array(
    [
        [0.0, 0.0, 2.0, 2.0],
        [1.0, 0.0, 3.0, 2.0],  # 2 in common with the first, of 6: a third
        [0.0, 0.0, 2.0, 1.0],  # 2 in common with the first, of 4: a half
        [5.0, 5.0, 6.0, 6.0],
        [3.0, 3.0, 1.0, 1.0],  # ends before it begins
    ]
)


def test_an_overlap_is_a_share_of_what_two_boxes_cover_together() -> None:
    sizes = areas(BOXES)
    assert sizes.tolist() == [4, 4, 2, 1, 0]
    assert overlaps(BOXES[0], BOXES, sizes).tolist() == pytest.approx([1, 1 / 3, 1 / 2, 0, 0])


def kept(threshold: float, least: float = 0.0, top_k: int = -1, eta: float = 1.0) -> list[int]:
    scores = np.array([0.8, 0.9, 0.7, 0.6, 0.5])
    found: list[int] = suppressed(BOXES, scores, (least, threshold), top_k=top_k, eta=eta).tolist()
    return found


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        # the second is the best; with it the first has 1/3 and the third 1 of 5 in common
        (0.5, [1, 0, 2, 3, 4]),
        (0.4, [1, 0, 3, 4]),
        (0.3, [1, 2, 3, 4]),
        (0.1, [1, 3, 4]),
    ],
)
def test_a_box_goes_that_overlaps_a_better_one_too_much(
    threshold: float, expected: list[int]
) -> None:
    assert kept(threshold) == expected


def test_a_box_counts_above_the_least_score_and_among_the_best() -> None:
    assert kept(1.0, least=0.7) == [1, 0]
    assert kept(1.0, top_k=3) == [1, 0, 2]
    assert kept(1.0, top_k=0) == []
    assert kept(1.0, least=math.nan) == []


def test_of_equal_scores_the_first_box_is_the_best() -> None:
    assert suppressed(BOXES, np.ones(5), (0.0, 0.4), top_k=-1, eta=1.0).tolist() == [0, 1, 3, 4]


def test_the_threshold_falls_with_each_box_kept_while_it_is_above_a_half() -> None:
    # 0.6, 0.6 * 0.8 = 0.48 after the first box kept, and no further: the third box, half of which
    # the first one covers, goes.
    assert kept(0.6, eta=0.8) == [1, 0, 3, 4]
    # 0.6 * 0.9 = 0.54, then 0.486 after two boxes kept
    assert kept(0.6, eta=0.9) == [1, 0, 3, 4]
    # 0.9 * 0.9 * 0.9 = 0.729 is above a half yet
    assert kept(0.9, eta=0.9) == [1, 0, 2, 3, 4]
