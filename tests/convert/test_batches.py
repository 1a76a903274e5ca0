from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protonet.convert.batches import check_one_size, new_batches, unreadable_images
from protonet.convert.files import ImageFiles
from protonet.convert.order import order
from protonet.errors import DataError
from tests.convert.pictures import plain, save

SIZES = "the images of a dataset have one size; add --resize WxH, for instance --resize 224x224"


def files(folder: Path, *images: Image.Image | None, gray: bool = False) -> ImageFiles:
    """Return images in files `0.png`, `1.png` …; None is a file that cannot be read."""
    for number, image in enumerate(images):
        path = folder / f"{number}.png"
        path.write_bytes(b"") if image is None else save(path, image)
    return ImageFiles([str(folder / f"{number}.png") for number in range(len(images))], gray)


def test_a_batch_holds_images_channel_by_channel_in_the_order_asked_for(tmp_path: Path) -> None:
    images = files(tmp_path, *(plain((number, 10, 20), 3, 2) for number in range(4)))
    rows = np.array([2, 0, 3])
    (batch,) = new_batches(images, None, rows).stream(rows, 2)
    assert batch.data.shape == (3, 3, 2, 3)
    assert batch.data[:, :, 1, 2].tolist() == [[2, 10, 20], [0, 10, 20], [3, 10, 20]]
    assert batch.indices.tolist() == [2, 0, 3]
    assert (batch.colour, batch.remarks, batch.unreadable) == (True, {}, [])


def test_batches_have_about_a_megabyte(tmp_path: Path) -> None:
    images = files(tmp_path, plain((1, 1, 1), 1, 1))
    rows = np.zeros(600, np.int64)
    counts = [len(batch.data) for batch in new_batches(images, None, rows).stream(rows, 2)]
    assert counts == [256, 256, 88]
    # 3 · 200 · 200 bytes go 8 times into 1,048,576; 3 · 600 · 600 never, but one is the least
    for size, expected in ((200, [8, 2]), (600, [1] * 10)):
        stream = new_batches(images, (size, size), rows).stream(rows[:10], 2)
        assert [len(batch.data) for batch in stream] == expected


def test_images_are_scaled_to_the_size_asked_for(tmp_path: Path) -> None:
    images = files(tmp_path, plain((9, 9, 9), 5, 7), plain((8, 8, 8), 50, 70), gray=True)
    batches = new_batches(images, (4, 3), order(2, None))
    assert batches.shape == (1, 3, 4)
    (batch,) = batches.stream(order(2, None), 1)
    assert batch.data.tolist() == [[[[9] * 4] * 3], [[[8] * 4] * 3]]


def test_grey_files_are_known(tmp_path: Path) -> None:
    images = files(tmp_path, Image.new("L", (2, 2)), Image.new("1", (2, 2)))
    (batch,) = new_batches(images, None, order(2, None)).stream(order(2, None), 1)
    assert not batch.colour


def test_images_of_two_sizes_are_refused_and_both_are_named(tmp_path: Path) -> None:
    images = files(tmp_path, plain((1, 1, 1), 5, 4), plain((1, 1, 1), 5, 4), plain((1, 1, 1), 4, 5))
    rows = order(3, None)
    with pytest.raises(DataError) as caught:
        list(new_batches(images, None, rows).stream(rows, 2))
    assert str(caught.value) == (
        f"{tmp_path}/0.png is 5x4 pixels and {tmp_path}/2.png is 4x5: {SIZES}"
    )


def test_tables_of_two_sizes_are_refused(tmp_path: Path) -> None:
    images = files(tmp_path, plain((1, 1, 1), 5, 4), plain((1, 1, 1), 4, 5))
    parts = [new_batches(images, None, np.array([index])) for index in (0, 0, 1)]
    check_one_size(parts[:2])
    with pytest.raises(DataError) as caught:
        check_one_size(parts)
    assert str(caught.value) == (
        f"{tmp_path}/0.png is 5x4 pixels and {tmp_path}/1.png is 4x5: {SIZES}"
    )


def test_unreadable_images_are_collected(tmp_path: Path) -> None:
    images = files(tmp_path, None, plain((1, 1, 1), 5, 4), None)
    rows = order(3, None)
    batches = new_batches(images, None, rows)
    assert batches.shape == (3, 4, 5)
    (batch,) = batches.stream(rows, 1)
    why = "cannot be read as an image: the file is empty"
    assert batch.unreadable == [f"{tmp_path}/{number}.png: {why}" for number in (0, 2)]
    assert batch.data[1].tolist() == [[[1] * 5] * 4] * 3


def test_without_any_readable_image_there_is_no_size(tmp_path: Path) -> None:
    images = files(tmp_path, None, None)
    with pytest.raises(DataError) as caught:
        new_batches(images, None, order(2, None))
    why = "cannot be read as an image: the file is empty"
    assert str(caught.value) == (
        "2 of 2 images cannot be read; repair or remove them. Nothing was written\n"
        f"  {tmp_path}/0.png: {why}\n"
        f"  {tmp_path}/1.png: {why}"
    )


def test_one_unreadable_image_is_one_line() -> None:
    assert str(unreadable_images(["a.png: why"], 9)) == (
        "a.png: why; repair or remove it. Nothing was written"
    )


def test_of_many_unreadable_images_twenty_are_listed() -> None:
    lines = str(unreadable_images([f"{number}.png: why" for number in range(25)], 90)).split("\n")
    assert lines[0] == "25 of 90 images cannot be read; repair or remove them. Nothing was written"
    assert lines[1:] == [*(f"  {number}.png: why" for number in range(20)), "  and 5 more"]
