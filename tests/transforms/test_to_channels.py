from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from protonet.errors import ShapeError
from tests.transforms.photos import as_picture, as_pixels, photos
from tests.transforms.running import built, floats, refusals, run


@pytest.mark.parametrize("channels", ["RGB", "BGR"])
def test_grey_is_pillows(channels: str) -> None:
    images = photos(3)
    stored = images if channels == "RGB" else np.ascontiguousarray(images[:, ::-1])

    result = run([{"type": "ToGray"}], stored, channels=channels)

    for image, grey in zip(images, result, strict=True):
        assert np.array_equal(grey, as_pixels(as_picture(image).convert("L")))


def test_grey_of_other_numbers_is_not_rounded() -> None:
    pixel = floats([[[[1]], [[0]], [[0]]]])

    host = run([{"type": "ToGray"}], pixel, channels="BGR", dtype="float32")
    device = run([{"type": "Scale", "factor": 2}, {"type": "ToGray"}], pixel, channels="RGB")

    assert host.ravel().tolist() == pytest.approx([0.114], abs=1e-5)
    assert device.ravel().tolist() == pytest.approx([0.598], abs=1e-5)


@pytest.mark.parametrize(
    ("arriving", "name", "expected"),
    [
        ("RGB", "ToRGB", [0, 1, 2]),
        ("RGB", "ToBGR", [2, 1, 0]),
        ("BGR", "ToRGB", [2, 1, 0]),
        ("gray", "ToRGB", [0, 0, 0]),
        ("gray", "ToBGR", [0, 0, 0]),
        ("gray", "ToGray", [0]),
    ],
)
def test_channels_come_into_order(arriving: str, name: str, expected: list[int]) -> None:
    images = photos(2, 1 if arriving == "gray" else 3)
    pipeline = built([{"type": name}], images.shape[1:], channels=arriving)
    (step,) = pipeline.on_host
    assert step.device is not None

    device = step.device(torch.from_numpy(images).float(), np.arange(2))

    assert np.array_equal(pipeline.host(images, np.arange(2)), images[:, expected])
    assert np.array_equal(device.numpy(), images[:, expected])
    assert pipeline.channels == name[2:].replace("Gray", "gray")
    assert pipeline.describe() == [{"type": name}]


def test_one_channel_is_grey_even_if_nobody_says_so() -> None:
    assert built([{"type": "ToRGB"}], (1, 4, 4)).shape == (3, 4, 4)


def test_the_mean_of_the_training_set_follows_the_channels() -> None:
    known: dict[str, Any] = {"channels": "RGB", "mean": (10.0, 20.0, 30.0), "std": (1.0, 2.0, 3.0)}
    images = np.zeros((1, 3, 1, 1), np.uint8)

    turned = run([{"type": "ToBGR"}, {"type": "Mean", "value": "dataset"}], images, **known)
    grey = run([{"type": "ToGray"}, {"type": "Mean", "value": "dataset"}], images, **known)
    thrice = run(
        [{"type": "ToRGB"}, {"type": "Normalize", "mean": "dataset", "std": "dataset"}],
        np.zeros((1, 1, 1, 1), np.uint8),
        channels="gray",
        mean=(8.0,),
        std=(2.0,),
    )

    assert turned.ravel().tolist() == [-30.0, -20.0, -10.0]
    # 0.299 · 10 + 0.587 · 20 + 0.114 · 30 = 18.15
    assert grey.ravel().tolist() == pytest.approx([-18.15], abs=1e-3)
    assert thrice.ravel().tolist() == [-4.0, -4.0, -4.0]


def test_refuses_channels_that_nobody_names() -> None:
    with pytest.raises(ShapeError) as caught:
        built([{"type": "ToGray"}], (3, 4, 4))
    assert str(caught.value) == (
        "transform 1 (ToGray): the data set does not say what its channels are"
    )
    assert caught.value.hint == "leave it out, or convert again"


def test_has_no_keys() -> None:
    assert refusals([{"type": "ToGray", "channels": 3}]) == [
        "0.channels: unknown key (there is none)"
    ]
