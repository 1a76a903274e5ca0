from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from protonet.layers.detection_output import DETECTION_OUTPUT, DetectionOutputParams
from protonet.layers.record import Blob, Setting
from tests.layers.building import build, complaints, refusal

# Three prior boxes: the left half of the image, the same a little lower, and the right half.
CORNERS = [0.0, 0.0, 0.5, 1.0, 0.0, 0.1, 0.5, 1.0, 0.5, 0.0, 1.0, 1.0]
PRIORS = torch.tensor([CORNERS, [0.1] * 12]).view(1, 2, 12)
OFFSETS = torch.zeros(1, 12)
# for each box: background, first class, second class
SCORES = torch.tensor([[0.1, 0.8, 0.1, 0.1, 0.7, 0.2, 0.05, 0.05, 0.9]])


def rows(*bottoms: torch.Tensor, **keys: Any) -> list[list[float]]:
    """Return what is found, row by row."""
    keys = {"num_classes": 3, "nms_param": {"nms_threshold": 0.45}, **keys}
    top = build(DETECTION_OUTPUT, *bottoms, **keys)(*bottoms)
    assert top.shape[:2] == (1, 1)
    found: list[list[float]] = top[0, 0].double().tolist()
    return found


def test_finds_boxes_class_by_class_the_best_first() -> None:
    # the second box overlaps the first by 0.9 and is the worse one of class 1, the better of 2
    expected = [
        [0, 1, 0.8, *CORNERS[:4]],
        [0, 1, 0.05, *CORNERS[8:]],
        [0, 2, 0.9, *CORNERS[8:]],
        [0, 2, 0.2, *CORNERS[4:8]],
    ]
    found = rows(OFFSETS, SCORES, PRIORS)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_scores_below_the_threshold_do_not_count() -> None:
    found = rows(OFFSETS, SCORES, PRIORS, confidence_threshold=0.5)
    assert [row[1:3] for row in found] == [[1, pytest.approx(0.8)], [2, pytest.approx(0.9)]]


def test_the_best_of_a_sample_are_kept_and_stay_in_the_order_of_classes() -> None:
    found = rows(OFFSETS, SCORES, PRIORS, keep_top_k=3)
    labels = [int(row[1]) for row in found]
    assert labels == [1, 2, 2]
    assert [row[2] for row in found] == pytest.approx([0.8, 0.9, 0.2])


def test_samples_follow_each_other() -> None:
    two = torch.cat([SCORES, SCORES.new_zeros(1, 9)]), OFFSETS.expand(2, 12)
    found = rows(two[1], two[0], PRIORS, confidence_threshold=0.5)
    assert [row[0] for row in found] == [0, 0]
    found = rows(two[1], two[0].flip(0), PRIORS, confidence_threshold=0.5)
    assert [row[0] for row in found] == [1, 1]


def test_where_nothing_is_found_each_sample_has_a_row_of_minus_one() -> None:
    found = rows(OFFSETS.expand(2, 12), SCORES.expand(2, 9), PRIORS, confidence_threshold=0.95)
    assert found == [[0, *[-1] * 6], [1, *[-1] * 6]]
    assert rows(OFFSETS, SCORES * torch.nan, PRIORS) == [[0, *[-1] * 6]]


def test_offsets_move_the_boxes_by_the_variances_and_boxes_may_leave_the_image() -> None:
    offsets = torch.tensor([[-1.0, 0, 0, 1.0] + [0.0] * 8])
    (left, *_) = rows(offsets, SCORES, PRIORS)
    assert left[3:] == pytest.approx([-0.1, 0, 0.5, 1.1])
    (left, *_) = rows(offsets, SCORES, PRIORS, variance_encoded_in_target=True)
    assert left[3:] == pytest.approx([-1, 0, 0.5, 2])


def test_each_class_may_have_offsets_of_its_own() -> None:
    offsets = torch.zeros(1, 3, 3, 4)
    offsets[0, 2, 2] = 1.0  # the third box, as class 2
    keys = {"share_location": False, "confidence_threshold": 0.5}
    found = rows(offsets.view(1, -1), SCORES, PRIORS, **keys)
    assert found[0][3:] == pytest.approx(CORNERS[:4])
    assert found[1][3:] == pytest.approx([0.6, 0.1, 1.1, 1.1])


def test_another_class_or_none_may_be_the_background() -> None:
    found = rows(OFFSETS, SCORES, PRIORS, background_label_id=1, confidence_threshold=0.5)
    assert [row[1] for row in found] == [2]
    found = rows(OFFSETS, SCORES, PRIORS, background_label_id=-1, confidence_threshold=0.05)
    assert {row[1] for row in found} == {0, 1, 2}


def test_agrees_with_a_loop_over_random_boxes() -> None:
    generator = torch.Generator().manual_seed(3)
    corners = torch.rand(40, 2, generator=generator)
    priors = torch.cat([corners, corners + 0.3], 1)
    variances = torch.full_like(priors, 0.2)
    offsets = torch.randn(2, 160, generator=generator)
    scores = torch.rand(2, 40, 4, generator=generator)
    bottoms = offsets, scores.flatten(1), torch.stack([priors, variances]).view(1, 2, -1)
    found = rows(
        *bottoms,
        num_classes=4,
        code_type="CORNER",
        nms_param={"nms_threshold": 0.3, "top_k": 12},
        confidence_threshold=0.25,
        keep_top_k=15,
    )
    boxes = (priors + 0.2 * offsets.view(2, 40, 4)).double().numpy()
    expected = [
        row
        for sample in (0, 1)
        for row in by_loops(sample, boxes[sample], scores[sample].double().numpy())
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def by_loops(sample: int, boxes: Any, scores: Any) -> list[list[float]]:
    """Return what is found in one sample, box by box."""
    found = []
    for label in (1, 2, 3):
        order = sorted(range(40), key=lambda box: -scores[box, label])
        kept: list[int] = []
        for box in [box for box in order if scores[box, label] > 0.25][:12]:
            if all(overlap(boxes[box], boxes[other]) <= 0.3 for other in kept):
                kept.append(box)
        found += [[sample, label, scores[box, label], *boxes[box]] for box in kept]
    found.sort(key=lambda row: -row[2])
    return sorted(found[:15], key=lambda row: row[1])


def overlap(one: Any, other: Any) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    sizes = [max(box[2] - box[0], 0) * max(box[3] - box[1], 0) for box in (one, other)]
    return float(width * height / (sum(sizes) - width * height))


@pytest.mark.parametrize(
    ("keys", "most"),
    [
        ({}, 2 * 3),
        ({"keep_top_k": 4}, 4),
        ({"nms_param": {"top_k": 2}}, 2 * 2),
        ({"background_label_id": -1}, 3 * 3),
        ({"keep_top_k": 0}, 1),
    ],
)
def test_the_shape_foretold_is_the_largest_there_can_be(keys: dict[str, Any], most: int) -> None:
    blobs = [Blob((5, 12)), Blob((5, 9)), Blob((1, 2, 12))]
    params = DetectionOutputParams(num_classes=3, **keys)
    assert DETECTION_OUTPUT.infer is not None
    assert DETECTION_OUTPUT.infer(params, blobs, Setting()) == (Blob((1, 1, 5 * most, 7)),)


@pytest.mark.parametrize(
    ("shapes", "why", "hint"),
    [
        (
            ((2, 12), (2, 9), (2, 12)),
            "bottom 2 of shape (2, 12) holds no prior boxes and their variances",
            "give (1, 2, priors * 4), the top of a PriorBox",
        ),
        (
            ((2, 8), (2, 9), (1, 2, 12)),
            "bottom 0 of shape (2, 8) holds no offsets for 3 prior boxes",
            "3 * 4 = 12 a sample are needed",
        ),
        (
            ((2, 12), (2, 3), (1, 2, 12)),
            "bottom 1 of shape (2, 3) holds no scores for 3 prior boxes",
            "3 * 3 = 9 a sample are needed",
        ),
        (
            ((2, 12), (4, 9), (1, 2, 12)),
            "bottom 0 of shape (2, 12) and bottom 1 of shape (4, 9) differ in their samples",
            "offsets and scores have one first axis",
        ),
    ],
)
def test_refuses_bottoms_that_do_not_fit_together(
    shapes: tuple[tuple[int, ...], ...], why: str, hint: str
) -> None:
    assert refusal(DETECTION_OUTPUT, *map(Blob, shapes), num_classes=3) == (why, hint)


def test_refuses_classes_that_are_none() -> None:
    assert complaints(DetectionOutputParams, num_classes=3, background_label_id=3) == [
        (
            "",
            "PN013",
            "background_label_id 3 is none of the 3 classes",
            "0 to 2, or -1 for none",
        )
    ]
    assert complaints(DetectionOutputParams, num_classes=1) == [
        ("", "PN013", "the background is the only class", "num_classes: 21")
    ]
