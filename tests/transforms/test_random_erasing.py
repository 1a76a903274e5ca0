from __future__ import annotations

import numpy as np
import pytest
import torch

from protonet.transforms.random_erasing import RandomErasingParams
from tests.transforms.photos import photos
from tests.transforms.running import built, pixels, refusals, run

ALWAYS = {"type": "RandomErasing", "probability": 1}


def boxes(erased: np.ndarray) -> list[tuple[int, int]]:
    """Return height and width of the erased rectangle of each image, having found it to be one."""
    sides = []
    for image in erased:
        rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
        assert image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        sides.append((rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0]))
    return sides


def test_a_rectangle_of_the_right_area_is_painted_over() -> None:
    images = np.full((60, 3, 40, 50), 9, np.uint8)

    result = run([{**ALWAYS, "fill": [1, 2, 3]}], images)

    erased = result[:, 0] != 9
    assert all(0.018 < height * width / 2000 < 0.35 for height, width in boxes(erased))
    assert np.array_equal(result[:, 2] == 3, erased)
    assert (result[~erased[:, None].repeat(3, 1)] == 9).all()


def test_every_other_image_loses_one_unless_told_otherwise() -> None:
    images = np.full((400, 1, 20, 20), 9, np.uint8)

    result = run([{"type": "RandomErasing"}], images)

    assert 160 < (result == 0).any((1, 2, 3)).sum() < 240


def test_bytes_are_painted_over_with_any_byte_alike() -> None:
    images = np.zeros((40, 3, 40, 40), np.uint8)

    result = run([{**ALWAYS, "fill": "random", "scale": [0.5, 0.5], "ratio": [1, 1]}], images)

    painted = result[result > 0]
    assert painted.min() == 1
    assert painted.max() == 255
    assert abs(painted.mean() - 128) < 2


def test_behind_arithmetic_noise_is_normal() -> None:
    images = np.full((40, 3, 40, 40), 500, np.float32)
    steps = [{"type": "Mean", "value": 0}, {**ALWAYS, "fill": "random", "scale": [0.5, 0.5]}]

    result = run(steps, images)

    painted = result[result < 400]
    assert abs(painted.mean()) < 0.02
    assert abs(painted.std() - 1) < 0.02


@pytest.mark.parametrize("fill", [7, [1, 2, 3]])
def test_host_and_device_do_the_same(fill: object) -> None:
    images, where = pixels(20, 3, 16, 18), np.arange(20)
    (erasing,) = built([{"type": "RandomErasing", "fill": fill}], (3, 16, 18)).on_host
    assert erasing.host is not None
    assert erasing.device is not None

    device = erasing.device(torch.from_numpy(images).float(), where)

    assert np.array_equal(device.numpy(), erasing.host(images, where))


def test_a_label_image_stays() -> None:
    mask = photos(3, 1)

    assert np.array_equal(run([ALWAYS], mask, label_image=True), mask)


def test_refuses_another_fill() -> None:
    assert refusals([{**ALWAYS, "fill": "noise"}]) == [
        "0.fill: a number is needed, a list with one for each channel, or random"
    ]


def test_a_fill_that_was_read_is_read_again() -> None:
    assert RandomErasingParams.model_validate({"fill": 3}).fill == (3.0,)
    assert RandomErasingParams.model_validate({"fill": (3.0,)}).fill == (3.0,)
