from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
import torch

from protonet.errors import DataError
from protonet.layers.record import Blob
from protonet.layers.roi_pooling import ROI_POOLING
from tests.layers.building import gradient, refusal, top_of

IMAGE = torch.arange(1.0, 17).view(1, 1, 4, 4)


def test_the_largest_number_of_each_cell() -> None:
    boxes = torch.tensor([[0.0, 0, 0, 3, 3], [0, 1, 1, 2, 1]])
    assert top_of(ROI_POOLING, IMAGE, boxes, pooled_h=2, pooled_w=2).tolist() == [
        [[[6, 8], [14, 16]]],
        [[[6, 7], [6, 7]]],  # one row for two cells: both read it
    ]


def test_corners_are_scaled_and_rounded_away_from_0() -> None:
    # 2.5 → 3 and 3.0; 0.5 → 1 and 1.5 → 2
    boxes = torch.tensor([[0.0, 5, 1, 6, 3]])
    top = top_of(ROI_POOLING, IMAGE, boxes, pooled_h=2, pooled_w=1, spatial_scale=0.5)
    assert top.tolist() == [[[[8], [12]]]]


def test_a_cell_outside_the_image_is_0() -> None:
    boxes = torch.tensor([[0.0, 2, 0, 5, 1], [0, 9, 9, 12, 12], [0, -2, 0, 0, 0]])
    top = top_of(ROI_POOLING, IMAGE, boxes, pooled_h=1, pooled_w=2)
    # columns 2 3 | 4 5, all beyond, and columns -2 -1 | -1 0 with the cells' overlap
    assert top.tolist() == [[[[8, 0]]], [[[0, 0]]], [[[0, 1]]]]


def test_a_box_that_ends_before_it_starts_has_one_pixel() -> None:
    boxes = torch.tensor([[0.0, 2, 2, 0, 0]])
    assert top_of(ROI_POOLING, IMAGE, boxes, pooled_h=1, pooled_w=1).item() == 11


def test_the_gradient_goes_to_the_first_of_the_largest_of_every_box() -> None:
    image = torch.zeros(2, 1, 2, 2, requires_grad=True)
    boxes = torch.tensor([[1.0, 0, 0, 1, 1], [1, 0, 0, 1, 1], [0, 1, 1, 1, 1], [0, 7, 7, 8, 8]])
    boxes.requires_grad_()
    top = top_of(ROI_POOLING, image, boxes, pooled_h=1, pooled_w=1)
    assert gradient(top, image).tolist() == [[[[0, 0], [0, 1]]], [[[2, 0], [0, 0]]]]
    top.sum().backward()
    assert boxes.grad is None


def by_loops(
    image: npt.NDArray[np.float32], box: Sequence[int], cells: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Pool one box of one image, (C, H, W), as the definition says."""
    left, above, right, below = box
    sides = (below - above + 1, right - left + 1)
    top = np.zeros((image.shape[0], *cells), np.float32)
    for row in range(cells[0]):
        for column in range(cells[1]):
            ranges = [
                range(
                    max(start + cell * side // count, 0),
                    max(min(start + math.ceil((cell + 1) * side / count), length), 0),
                )
                for start, cell, side, count, length in zip(
                    (above, left), (row, column), sides, cells, image.shape[1:], strict=True
                )
            ]
            part = image[:, ranges[0].start : ranges[0].stop, ranges[1].start : ranges[1].stop]
            if part.size:
                top[:, row, column] = part.max((1, 2))
    return top


def test_cells_reach_from_floor_to_ceil_of_their_share() -> None:
    images = torch.randn(2, 3, 7, 9).to(memory_format=torch.channels_last)
    boxes = [[0, 0, 0, 8, 6], [1, 2, 1, 6, 5], [1, 5, 3, 12, 9], [0, -3, -1, 4, 3]]

    top = top_of(ROI_POOLING, images, torch.tensor(boxes).float(), pooled_h=3, pooled_w=4)

    expected = [by_loops(images[sample].numpy(), box, (3, 4)) for sample, *box in boxes]
    np.testing.assert_array_equal(top.numpy(), np.stack(expected))


def test_no_boxes_give_no_parts() -> None:
    top = top_of(ROI_POOLING, IMAGE, torch.zeros(0, 5), pooled_h=2, pooled_w=3)
    assert top.shape == (0, 1, 2, 3)


def test_names_a_sample_that_the_batch_does_not_have() -> None:
    with pytest.raises(DataError) as error:
        top_of(ROI_POOLING, IMAGE, torch.tensor([[1.0, 0, 0, 1, 1]]), pooled_h=1, pooled_w=1)
    assert str(error.value) == "a box is of sample 1, and the batch has 1"


def test_refuses_boxes_of_other_numbers() -> None:
    assert refusal(ROI_POOLING, Blob((1, 2, 3, 3)), Blob((7, 4)), pooled_h=1, pooled_w=1) == (
        "bottom 1 of shape (7, 4) holds no boxes of 5 numbers",
        "give (R, 5): the sample, left, top, right, bottom",
    )


def test_refuses_what_is_no_image() -> None:
    assert refusal(ROI_POOLING, Blob((1, 2)), Blob((7, 5)), pooled_h=1, pooled_w=1) == (
        "the bottom (1, 2) has 2 axes, ROIPooling needs 4: (N, C, H, W)",
        "",
    )
