from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from protonet.errors import UsageError
from protonet.pycaffe.transformer import Transformer

SHAPE = {"data": (1, 3, 2, 2)}


def test_every_step_in_its_order() -> None:
    transformer = Transformer(SHAPE)
    transformer.set_transpose("data", (2, 0, 1))
    transformer.set_channel_swap("data", (2, 1, 0))
    transformer.set_raw_scale("data", 255)
    transformer.set_mean("data", np.array([104, 117, 123]))
    transformer.set_input_scale("data", 0.5)
    image = np.random.default_rng(0).uniform(size=(2, 2, 3)).astype(np.float32)

    found = transformer.preprocess("data", image)

    blue, green, red = (image[..., channel] * 255 for channel in (2, 1, 0))
    expected = np.stack([(blue - 104) / 2, (green - 117) / 2, (red - 123) / 2])
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(transformer.deprocess("data", found), image, atol=1e-6)
    np.testing.assert_allclose(transformer.deprocess("data", found[None]), image, atol=1e-6)


def test_without_any_step_an_image_is_resized_only() -> None:
    transformer = Transformer(SHAPE)
    image = np.ones((4, 4, 3), np.float64)

    found = transformer.preprocess("data", image)

    assert found.shape == (2, 2, 3)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(image, np.ones((4, 4, 3)))


def test_a_mean_image_of_another_size_is_resized() -> None:
    transformer = Transformer(SHAPE)

    transformer.set_mean("data", np.tile(np.array([1.0, 2.0, 3.0])[:, None, None], (1, 5, 5)))

    np.testing.assert_allclose(transformer.mean["data"][:, 0, 0], [1, 2, 3], rtol=1e-6)
    assert transformer.mean["data"].shape == (3, 2, 2)


@pytest.mark.parametrize(
    ("method", "value", "why"),
    [
        (
            "set_transpose",
            (1, 0),
            "Transpose order needs to have the same number of dimensions as the input: (1, 0) for "
            "data of shape (1, 3, 2, 2)",
        ),
        (
            "set_channel_swap",
            (1, 0),
            "Channel swap needs to have the same number of dimensions as the input channels: "
            "(1, 0) for data with 3",
        ),
        (
            "set_mean",
            np.zeros(4),
            "Mean channels incompatible with input: (4,) for data of shape (1, 3, 2, 2)",
        ),
        (
            "set_mean",
            np.zeros((1, 3, 2, 2)),
            "Mean shape invalid: (1, 3, 2, 2) for data of shape (1, 3, 2, 2)",
        ),
        (
            "set_mean",
            np.zeros((2, 2, 3)),
            "Mean channels incompatible with input: (2, 2, 3) for data of shape (1, 3, 2, 2)",
        ),
    ],
)
def test_what_does_not_fit_the_input(method: str, value: Any, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        getattr(Transformer(SHAPE), method)("data", value)

    assert str(caught.value) == why
    assert isinstance(caught.value, ValueError) == (method == "set_mean")


def test_an_input_that_is_not_there() -> None:
    with pytest.raises(UsageError) as caught:
        Transformer(SHAPE).set_raw_scale("image", 255)

    assert str(caught.value) == "image is not one of the net inputs: data"


def test_images_that_do_not_fit_the_steps() -> None:
    transformer = Transformer(SHAPE)
    transformer.set_channel_swap("data", (2, 1, 0))

    with pytest.raises(UsageError) as caught:
        transformer.preprocess("data", np.zeros((2, 2, 3)))
    assert str(caught.value) == (
        "the channels of data are swapped by (2, 1, 0), and the image has the shape (2, 2, 3); "
        "set_transpose('data', (2, 0, 1)) puts the channels in front"
    )
    transformer.set_transpose("data", (2, 0, 1))
    with pytest.raises(UsageError) as caught:
        transformer.preprocess("data", np.zeros((2, 2)))
    assert str(caught.value) == ("an image for data has 3 axes, (H, W, K), not the shape (2, 2)")
