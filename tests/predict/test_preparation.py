from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

from protonet.data.image import Decoded
from protonet.errors import DataError, UsageError
from protonet.predict.preparation import Preparation, written_as
from protonet.snapshot import Evaluation, Stored

Pixels = npt.NDArray[np.uint8]


def pixels(height: int, width: int, channels: int = 3) -> Pixels:
    generator = np.random.default_rng(height * width)
    return generator.integers(0, 256, (height, width, channels), np.uint8)


def evaluation(
    stored: Stored | None, shape: tuple[int, ...] = (3, 4, 5), **keys: Any
) -> Evaluation:
    given: dict[str, Any] = {"transform": (), "channels": "RGB", **keys}
    return Evaluation(input="data", shape=shape, stored=stored, **given)


def test_a_picture_of_the_datas_size_is_taken_as_it_is() -> None:
    image = pixels(4, 5)
    found = Preparation(evaluation(Stored(shape=(3, 4, 5)))).sample(Decoded(image, False), "x")
    assert np.array_equal(found, image.transpose(2, 0, 1))


def test_channels_arrive_in_the_order_that_the_net_was_fed() -> None:
    image = pixels(4, 5)
    bgr = evaluation(Stored(shape=(3, 4, 5)), channels="BGR")
    assert np.array_equal(Preparation(bgr).sample(Decoded(image, False), "x")[0], image[..., 2])


def test_a_picture_is_scaled_as_the_data_were() -> None:
    image = pixels(9, 13)
    stored = Stored(shape=(3, 4, 5), resize="5x4")
    found = Preparation(evaluation(stored)).sample(Decoded(image, False), "x")
    scaled = Image.fromarray(image).resize((5, 4), Image.Resampling.BILINEAR)
    assert np.abs(found - np.asarray(scaled).transpose(2, 0, 1).astype(int)).max() <= 1


def test_a_shorter_side_keeps_the_aspect() -> None:
    stored = Stored(shape=None, resize="short:6")
    preparation = Preparation(evaluation(stored, transform=({"type": "CenterCrop", "size": 4},)))
    assert preparation.sample(Decoded(pixels(12, 20), False), "x").shape == (3, 6, 10)


def test_a_picture_is_encoded_as_the_data_were() -> None:
    image = pixels(4, 5)
    stored = Stored(shape=(3, 4, 5), encode="jpg:60")
    found = Preparation(evaluation(stored)).sample(Decoded(image, False), "x")
    with Image.open(io.BytesIO(written_as(image, "jpg:60"))) as again:
        expected = np.asarray(again).astype(int).transpose(2, 0, 1)
    assert not np.array_equal(found, image.transpose(2, 0, 1))
    assert np.abs(found - expected).max() <= 2  # two decoders, which round apart


def test_a_picture_of_another_size_is_refused_or_scaled_on_request() -> None:
    known = evaluation(Stored(shape=(3, 4, 5)))
    image = Decoded(pixels(9, 13), False)
    with pytest.raises(DataError) as caught:
        Preparation(known).sample(image, "a.png")
    assert str(caught.value) == (
        "a.png: has 13x9 pixels, and the net was trained on images of 5x4; --resize scales it"
    )
    assert Preparation(known, scale=True).sample(image, "a.png").shape == (3, 4, 5)


def test_grey_data_want_grey_pictures() -> None:
    grey = evaluation(Stored(shape=(1, 4, 5), channels="gray"), (1, 4, 5), channels="gray")
    preparation = Preparation(grey)
    assert preparation.channels == 1
    assert preparation.sample(Decoded(pixels(4, 5, 1), True), "x").shape == (1, 4, 5)


def test_what_is_done_is_what_the_transform_says() -> None:
    transform = (
        {"type": "CenterCrop", "size": [2, 2]},
        {"type": "Mean", "value": [10.0, 20.0, 30.0]},
        {"type": "Scale", "factor": [0.5]},
    )
    stored = Stored(shape=(3, 4, 4))
    preparation = Preparation(evaluation(stored, (3, 2, 2), transform=transform))
    image = pixels(4, 4)
    sample = preparation.sample(Decoded(image, False), "x")
    preparation.check(sample.shape, "x")
    prepared = preparation.prepared(sample[None], np.zeros(1, np.int64))
    found = prepared.pipeline.device(torch.from_numpy(prepared.images), prepared.positions)
    expected = (image[1:3, 1:3].astype(np.float32) - [10, 20, 30]) * 0.5
    assert np.array_equal(found[0].numpy(), expected.transpose(2, 0, 1).astype(np.float32))


@pytest.mark.parametrize(
    ("transform", "why"),
    [
        (
            {"type": "CenterCrop", "size": [9, 9]},
            "a.png: cannot be prepared: transform 1 (CenterCrop): a window of 9 x 9 does not fit "
            "into images of 6 x 7: 6 - 9 = -3 rows left, 7 - 9 = -2 columns left",
        ),
        (
            {"type": "CenterCrop", "size": [3, 3]},
            "a.png: its 7x6 pixels become (3, 3, 3), and the net takes (3, 4, 5)",
        ),
    ],
)
def test_a_picture_that_the_transform_does_not_suit_is_named(
    transform: dict[str, Any], why: str
) -> None:
    with pytest.raises(DataError) as caught:
        Preparation(evaluation(None, transform=(transform,))).check((3, 6, 7), "a.png")
    assert str(caught.value) == why


@pytest.mark.parametrize(
    ("known", "scale", "why"),
    [
        (evaluation(None, (6,)), False, "the net takes samples of shape (6), and no pictures"),
        (
            evaluation(Stored(shape=(3, 4, 5), dtype="float32")),
            False,
            "the net was trained on images stored as float32, and what made them of pictures is "
            "not known",
        ),
        (
            evaluation(Stored(shape=(4, 4, 5)), (4, 4, 5), channels=None),
            False,
            "the net takes images of 4 channels, and pictures have 1 or 3",
        ),
        (evaluation(None), True, "--resize: the net's transform takes pictures of any size"),
    ],
)
def test_a_net_that_takes_no_pictures_is_refused(known: Evaluation, scale: bool, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        Preparation(known, scale=scale)
    assert str(caught.value) == why


def test_only_so_many_sizes_are_remembered() -> None:
    crop = {"type": "CenterCrop", "size": [1, 1]}
    one = Preparation(Evaluation(input="data", shape=(3, 1, 1), transform=(crop,), channels="RGB"))
    for width in range(1, 601):
        one.check((3, 1, width), "a")
        assert len(one._pipelines) <= 256
    images = np.arange(3 * 5, dtype=np.uint8).reshape(1, 3, 1, 5)  # of a size that was forgotten
    assert one.prepared(images, np.zeros(1, np.int64)).images.ravel().tolist() == [2, 7, 12]
