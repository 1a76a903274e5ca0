from __future__ import annotations

import numpy as np
import pytest
import torch

from protonet.errors import UsageError
from protonet.predict.windows import windowed
from protonet.transforms import Context, Pipeline, build_pipeline, read_transform


def pipeline(*steps: object) -> Pipeline:
    return build_pipeline(read_transform(list(steps)), Context(shape=(3, 5, 7), channels="RGB"))


CROP = {"type": "CenterCrop", "size": [2, 3]}
IMAGES = np.arange(105, dtype=np.uint8).reshape(1, 3, 5, 7)
POSITIONS = np.zeros(1, np.int64)
CORNERS = [(0, 0), (0, 4), (3, 0), (3, 4), (1, 2)]
"""Top and left of a window of 2 x 3 in 5 x 7, as Caffe's oversample has them in order."""


@pytest.mark.parametrize("number", range(10))
def test_the_ten_windows_are_the_corners_the_centre_and_their_mirror_images(number: int) -> None:
    top, left = CORNERS[number % 5]
    expected = IMAGES[:, :, top : top + 2, left : left + 3]
    expected = expected[..., ::-1] if number >= 5 else expected
    found = windowed(pipeline(CROP), (3, 5, 7), number)
    assert np.array_equal(found.host(IMAGES, POSITIONS), expected)


@pytest.mark.parametrize("number", [3, 8])
def test_a_window_is_cut_on_the_device_where_that_is_where_the_cut_stands(number: int) -> None:
    mean = {"type": "Mean", "value": [1.0]}
    found = windowed(pipeline(mean, CROP), (3, 5, 7), number)
    top, left = CORNERS[number % 5]
    expected = IMAGES[:, :, top : top + 2, left : left + 3].astype(np.float32) - 1
    expected = expected[..., ::-1] if number >= 5 else expected
    given = torch.from_numpy(IMAGES)
    assert np.array_equal(found.device(given, POSITIONS).numpy(), expected)


def test_a_transform_before_the_cut_changes_where_the_corners_are() -> None:
    found = windowed(pipeline({"type": "Pad", "pad": 1}, CROP), (3, 5, 7), 3)
    padded = np.pad(IMAGES, ((0, 0), (0, 0), (1, 1), (1, 1)))
    assert np.array_equal(found.host(IMAGES, POSITIONS), padded[:, :, 5:7, 6:9])


def test_pictures_that_are_not_cut_have_no_ten_windows() -> None:
    with pytest.raises(UsageError) as caught:
        windowed(pipeline({"type": "Mirror"}), (3, 5, 7), 0)
    assert str(caught.value) == (
        "--ten-crop: the net's pictures are not cut, so there is one window; train it with "
        "crop_size, or CenterCrop in the transform of its test"
    )
