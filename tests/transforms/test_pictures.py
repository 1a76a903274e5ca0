from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from protonet.errors import ShapeError
from protonet.transforms.pictures import (
    changed,
    check_colours,
    check_fill,
    each_part,
    fill_of,
    picture,
    put,
)
from protonet.transforms.record import Array, Context
from tests.transforms.photos import as_pixels, photos


@pytest.mark.parametrize("channels", [1, 3])
def test_bytes_become_a_picture_and_come_back(channels: int) -> None:
    image = photos(1, channels)[0]
    back = np.zeros_like(image)

    put(picture(image), back)

    assert np.array_equal(as_pixels(picture(image)), image)
    assert np.array_equal(back, image)


def test_only_the_rows_named_are_changed() -> None:
    images = photos(3)

    result = changed(images, range(1, 2), lambda row, image: image.point(lambda value: 0))

    assert np.array_equal(result[[0, 2]], images[[0, 2]])
    assert not result[1].any()


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_channel_of_any_type_is_turned(dtype: type, channels: int) -> None:
    image = photos(1, channels)[0].astype(dtype)

    result = each_part(image, lambda part, which: part.transpose(Image.Transpose.ROTATE_90))

    assert result.dtype == dtype
    assert np.array_equal(result, np.rot90(image, axes=(1, 2)))


@pytest.mark.parametrize(
    ("mode", "fill", "channels", "value"),
    [
        ("RGB", (9.0,), slice(0, 3), (9, 9, 9)),
        ("RGB", (1.0, 2.0, 3.0), slice(0, 3), (1, 2, 3)),
        ("L", (1.0, 2.0, 3.0), slice(1, 2), 2),
        ("L", (9.0,), slice(3, 4), 9),
        ("F", (0.5,), slice(0, 1), 0.5),
        ("I", (-3.0,), slice(0, 1), -3),
    ],
)
def test_a_fill_is_given_as_pillow_takes_it(
    mode: str, fill: tuple[float, ...], channels: slice, value: object
) -> None:
    assert fill_of(fill, channels, Image.new(mode, (2, 2))) == value


def refusal(fill: tuple[float, ...], **known: object) -> tuple[str, str]:
    context = Context(**{"shape": (3, 4, 4), **known})  # type: ignore[arg-type]
    with pytest.raises(ShapeError) as caught:
        check_fill(fill, context)
    return str(caught.value), caught.value.hint


def test_refuses_a_fill_of_other_channels() -> None:
    assert refusal((1.0, 2.0)) == (
        "fill has 2 numbers, and the samples have 3 channels",
        "give 1 or 3",
    )
    assert refusal((1.0, 2.0), shape=(1, 4, 4)) == (
        "fill has 2 numbers, and the samples have 1 channel",
        "give 1",
    )


@pytest.mark.parametrize("number", [-1.0, 256.0, 0.5])
def test_refuses_a_fill_that_is_no_byte(number: float) -> None:
    assert refusal((number,)) == (
        f"fill is {number:g}, and the samples are bytes",
        "give whole numbers from 0 to 255",
    )
    check_fill((number,), Context(shape=(3, 4, 4), dtype="float32"))
    check_fill((number,), Context(shape=(3, 4, 4), arithmetic="Mean"))


def test_refuses_images_without_colours() -> None:
    with pytest.raises(ShapeError) as caught:
        check_colours(Context(shape=(4, 8, 8)))
    assert str(caught.value) == "it takes images of 1 or 3 channels, and the samples have 4"
    assert caught.value.hint == "leave it out"


def test_no_picture_is_left_out_of_an_empty_batch() -> None:
    none: Array = photos(0)

    assert changed(none, range(0), lambda row, image: image).shape == none.shape
