from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from protonet.layers.prior_box import PRIOR_BOX, PriorBoxParams
from protonet.layers.record import Blob
from tests.layers.building import complaints, refusal, top_of

FEATURES, IMAGE = torch.zeros(3, 7, 1, 2), torch.zeros(3, 3, 10, 20)


def boxes(**keys: Any) -> list[list[float]]:
    """Return the boxes for two pixels, 10 apart in an image of 20 by 10."""
    return [[*box] for box in top_of(PRIOR_BOX, FEATURES, IMAGE, **keys)[0, 0].view(-1, 4).tolist()]


def test_a_square_stands_around_every_pixel() -> None:
    # centres (5, 5) and (15, 5), sides 4: from 3 to 7 of 20, and of 10
    assert boxes(min_size=[4]) == [
        pytest.approx([0.15, 0.3, 0.35, 0.7]),
        pytest.approx([0.65, 0.3, 0.85, 0.7]),
    ]


def test_larger_squares_and_other_shapes_follow_it() -> None:
    found = boxes(min_size=[2], max_size=[8], aspect_ratio=[4, 1, 0.25])

    # around (5, 5): 2 by 2; sqrt(2 * 8) = 4; ratio 4: 2*2 by 2/2; flipped: 1 by 4.
    # 1 is the square itself, and 0.25 there already
    assert len(found) == 2 * 4
    assert found[0] == pytest.approx([0.2, 0.4, 0.3, 0.6])
    assert found[1] == pytest.approx([0.15, 0.3, 0.35, 0.7])
    assert found[2] == pytest.approx([0.15, 0.45, 0.35, 0.55])
    assert found[3] == pytest.approx([0.225, 0.3, 0.275, 0.7])


def test_sizes_follow_each_other_with_all_their_boxes() -> None:
    found = boxes(min_size=[2, 4], aspect_ratio=[4], flip=False)
    widths = [20 * (box[2] - box[0]) for box in found[:4]]
    assert widths == pytest.approx([2, 4, 4, 8])


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"step": 4}, [0.05, 0.1, 0.15, 0.3]),  # centre (2, 2)
        ({"step_h": 2, "step_w": 4}, [0.05, 0.0, 0.15, 0.2]),
        ({"offset": 0}, [-0.05, -0.1, 0.05, 0.1]),
        ({"offset": 0, "clip": True}, [0, 0, 0.05, 0.1]),
        ({"img_size": 40}, [9 / 40, 19 / 40, 11 / 40, 21 / 40]),  # centre (10, 20)
        ({"img_h": 20, "img_w": 40}, [9 / 40, 9 / 20, 11 / 40, 11 / 20]),
    ],
)
def test_keys_say_where_pixels_lie(keys: dict[str, Any], expected: list[float]) -> None:
    assert boxes(min_size=[2], **keys)[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("variance", "expected"),
    [([], [0.1] * 4), ([0.5], [0.5] * 4), ([0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4])],
)
def test_variances_stand_beside_the_boxes(variance: list[float], expected: list[float]) -> None:
    top = top_of(PRIOR_BOX, FEATURES, IMAGE, min_size=[2], variance=variance)
    assert top.shape == (1, 2, 8)
    assert top[0, 1].tolist() == pytest.approx(expected * 2)


def test_areas_stay_whatever_the_ratio() -> None:
    for box in boxes(min_size=[3], aspect_ratio=[2, 3]):
        area = 20 * (box[2] - box[0]) * 10 * (box[3] - box[1])
        assert math.isclose(area, 9, rel_tol=1e-5)


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        (
            {"variance": [1, 2]},
            ("PN013", "variance has 2 numbers", "give one, or four: left, top, right, bottom"),
        ),
        (
            {"max_size": [5, 6]},
            (
                "PN013",
                "max_size has 2 numbers, min_size has 1",
                "give one for each min_size, or none",
            ),
        ),
        ({"max_size": [4]}, ("PN013", "max_size 4 is not above min_size 4", "")),
        (
            {"img_size": 9, "img_h": 9},
            ("PN015", "img_size and img_h are both given", "give one of the two"),
        ),
        ({"step_w": 9}, ("PN011", "step_w is given alone", "step_h is needed beside it")),
    ],
)
def test_refuses_keys_that_do_not_fit(
    keys: dict[str, Any], complaint: tuple[str, str, str]
) -> None:
    assert complaints(PriorBoxParams, min_size=[4], **keys) == [("", *complaint)]


def test_refuses_no_size() -> None:
    ((where, kind, _, _),) = complaints(PriorBoxParams, min_size=[])
    assert (where, kind) == ("min_size", "too_short")


def test_refuses_what_is_no_image() -> None:
    assert refusal(PRIOR_BOX, Blob((1, 2, 3, 3)), Blob((1, 3)), min_size=[2]) == (
        "the bottom (1, 3) has 2 axes, PriorBox needs 4: (N, C, H, W)",
        "",
    )
