from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protonet.convert.batches import Batch, check_one_size, new_batches, unreadable
from protonet.convert.files import ImageFiles
from protonet.convert.order import order
from protonet.convert.source import Part, Reject, numbers
from protonet.data.layout import Array
from protonet.errors import DataError
from tests.convert.pictures import plain, save

SIZES = (
    "the images of a dataset have one size; add --resize WxH, for instance --resize 224x224, or "
    "keep each as it is with --encoded"
)
MANY = (
    "records cannot be read; repair or remove them, or leave them out with --on-error skip. "
    "Nothing was written"
)


def pixels(batch: Batch) -> Array:
    """Return the images of a batch, (N, C, H, W)."""
    return numbers(batch.arrays["data"])


def files(folder: Path, *images: Image.Image | None, gray: bool = False) -> Part:
    """Return images in files `0.png`, `1.png` …; None is a file that cannot be read."""
    for number, image in enumerate(images):
        path = folder / f"{number}.png"
        path.write_bytes(b"") if image is None else save(path, image)
    paths = [str(folder / f"{number}.png") for number in range(len(images))]
    return Part(ImageFiles(paths, gray), {}, None)


def test_a_batch_holds_images_channel_by_channel_in_the_order_asked_for(tmp_path: Path) -> None:
    images = files(tmp_path, *(plain((number, 10, 20), 3, 2) for number in range(4)))
    rows = np.array([2, 0, 3])
    (batch,) = new_batches(images, None, rows).stream(rows, 2)
    assert pixels(batch).shape == (3, 3, 2, 3)
    assert pixels(batch)[:, :, 1, 2].tolist() == [[2, 10, 20], [0, 10, 20], [3, 10, 20]]
    assert batch.indices.tolist() == [2, 0, 3]
    assert (batch.colour, batch.remarks, batch.rejects) == (True, {}, [])


def test_batches_have_about_a_megabyte(tmp_path: Path) -> None:
    images = files(tmp_path, plain((1, 1, 1), 1, 1))
    rows = np.zeros(600, np.int64)
    counts = [len(batch.indices) for batch in new_batches(images, None, rows).stream(rows, 2)]
    assert counts == [256, 256, 88]
    # 3 · 200 · 200 bytes go 8 times into 1,048,576; 3 · 600 · 600 never, but one is the least
    for size, expected in ((200, [8, 2]), (600, [1] * 10)):
        stream = new_batches(images, (size, size), rows).stream(rows[:10], 2)
        assert [len(batch.indices) for batch in stream] == expected


def test_images_are_scaled_to_the_size_asked_for(tmp_path: Path) -> None:
    images = files(tmp_path, plain((9, 9, 9), 5, 7), plain((8, 8, 8), 50, 70), gray=True)
    batches = new_batches(images, (4, 3), order(2, None))
    assert [field.shape for field in batches.fields] == [(1, 3, 4)]
    (batch,) = batches.stream(order(2, None), 1)
    assert pixels(batch).tolist() == [[[[9] * 4] * 3], [[[8] * 4] * 3]]


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
    assert [field.shape for field in batches.fields] == [(3, 4, 5)]
    (batch,) = batches.stream(rows, 1)
    why = "cannot be read as an image: the file is empty"
    names = [f"{tmp_path}/{number}.png" for number in (0, 2)]
    assert batch.rejects == [Reject(name, f"{name}: {why}") for name in names]
    assert batch.indices.tolist() == [1]
    assert pixels(batch).tolist() == [[[[1] * 5] * 4] * 3]


def test_without_any_readable_image_there_is_no_size(tmp_path: Path) -> None:
    images = files(tmp_path, None, None)
    with pytest.raises(DataError) as caught:
        new_batches(images, None, order(2, None))
    why = "cannot be read as an image: the file is empty"
    assert str(caught.value) == (
        f"2 of 2 {MANY}\n  {tmp_path}/0.png: {why}\n  {tmp_path}/1.png: {why}"
    )


def rejects(count: int) -> list[Reject]:
    return [Reject(f"{number}.png", f"{number}.png: why") for number in range(count)]


def test_one_unreadable_record_is_one_line() -> None:
    assert str(unreadable(rejects(1), 9)) == (
        "0.png: why; repair or remove it, or leave it out with --on-error skip. Nothing was written"
    )


def test_of_many_unreadable_records_twenty_are_listed() -> None:
    lines = str(unreadable(rejects(25), 90)).split("\n")
    assert lines[0] == f"25 of 90 {MANY}"
    assert lines[1:] == [*(f"  {number}.png: why" for number in range(20)), "  and 5 more"]
