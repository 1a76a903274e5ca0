from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from protonet.errors import ShapeError
from tests.transforms.running import built, floats, pixels, refusals, run


@pytest.mark.parametrize(
    ("pad", "margins"),
    [(2, ((2, 2), (2, 2))), ([1, 3], ((1, 1), (3, 3))), ([1, 2, 3, 0], ((1, 2), (3, 0)))],
)
@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_a_margin_is_numpys(pad: object, margins: Any, mode: Any) -> None:
    images = pixels(3, 2, 5, 6)

    result = run([{"type": "Pad", "pad": pad, "mode": mode}], images)

    assert np.array_equal(result, np.pad(images, ((0, 0), (0, 0), *margins), mode=mode))


def test_the_constant_may_differ_by_channel() -> None:
    result = run([{"type": "Pad", "pad": 1, "fill": [5, 6]}], pixels(1, 2, 3, 3))

    assert result[0, :, 0, 0].tolist() == [5.0, 6.0]
    assert np.array_equal(result[:, :, 1:-1, 1:-1], pixels(1, 2, 3, 3))


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_the_device_does_the_same(mode: str) -> None:
    images, where = pixels(3, 2, 5, 6), np.arange(3)
    step = {"type": "Pad", "pad": [1, 2, 3, 0], "mode": mode, "fill": [5, 6]}
    (margin,) = built([step], (2, 5, 6)).on_host
    assert margin.device is not None
    assert margin.host is not None

    device = margin.device(torch.from_numpy(images).float(), where)

    assert np.array_equal(device.numpy(), margin.host(images, where))


def test_behind_arithmetic_any_number_fills() -> None:
    steps = [{"type": "Mean", "value": 1}, {"type": "Pad", "pad": [1, 0], "fill": -0.5}]

    result = run(steps, floats([[[[2, 3]]]]))

    assert result.tolist() == [[[[-0.5, -0.5], [1.0, 2.0], [-0.5, -0.5]]]]


def test_padding_and_a_random_crop_are_the_usual_pair() -> None:
    steps = [{"type": "Pad", "pad": 4}, {"type": "RandomCrop", "size": 32}]

    assert built(steps, (3, 32, 32), training=True).describe() == [
        {"type": "Pad", "pad": [4, 4, 4, 4]},
        {"type": "CenterCrop", "size": [32, 32]},
    ]


@pytest.mark.parametrize("pad", ["2", 2.0, True, None, [1, 2, 3], []])
def test_refuses_what_is_no_margin(pad: object) -> None:
    assert refusals([{"type": "Pad", "pad": pad}]) == [
        "0.pad: a whole number is needed, [rows, columns], or [top, bottom, left, right] "
        "(for example 4 or [4, 0])"
    ]


def test_refuses_a_negative_margin() -> None:
    assert refusals([{"type": "Pad", "pad": [1, -1]}]) == [
        "0.pad.2: Input should be greater than or equal to 0",
        "0.pad.3: Input should be greater than or equal to 0",
    ]


@pytest.mark.parametrize(("mode", "most"), [("reflect", 4), ("symmetric", 5)])
def test_refuses_to_mirror_more_than_there_is(mode: str, most: int) -> None:
    built([{"type": "Pad", "pad": [most, 0], "mode": mode}], (1, 5, 9))
    with pytest.raises(ShapeError) as caught:
        built([{"type": "Pad", "pad": [6, 0], "mode": mode}], (1, 5, 9))
    assert str(caught.value) == (
        f"transform 1 (Pad): 6 rows cannot be mirrored from images of 5 x 9: {most} are there"
    )
    assert caught.value.hint == f"pad at most {most}, or take mode: edge"
