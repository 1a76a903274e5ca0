from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protonet.convert.files import ImageFiles
from protonet.convert.pairs import MaskFiles
from protonet.convert.pictures import Pictures, two_sizes
from protonet.convert.resizing import ShorterSide
from protonet.convert.source import Reject
from protonet.errors import DataError
from tests.convert.pictures import plain, save

ALL = np.arange(2)


def files(folder: Path, *images: Image.Image) -> tuple[str, ...]:
    return tuple(str(save(folder / f"{number}.png", image)) for number, image in enumerate(images))


def test_without_a_size_the_first_image_gives_it(tmp_path: Path) -> None:
    paths = files(tmp_path, plain((1, 1, 1), 6, 4), plain((2, 2, 2), 6, 4))
    found = Pictures.of_images(ImageFiles(paths, gray=True), None, ALL)
    assert isinstance(found, Pictures)
    assert (found.shape, found.like) == ((1, 4, 6), paths[0])
    taken = found.take(ALL, np.ones(2, np.bool_))
    assert isinstance(taken.records, np.ndarray)
    assert taken.records[:, 0, 0, 0].tolist() == [1, 2]


def test_the_shorter_side_can_be_given_where_all_have_one_aspect(tmp_path: Path) -> None:
    paths = files(tmp_path, plain((1, 1, 1), 6, 4), plain((2, 2, 2), 12, 8))
    found = Pictures.of_images(ImageFiles(paths, gray=False), ShorterSide(2), ALL)
    assert isinstance(found, Pictures)
    assert found.shape == (3, 2, 3)
    assert len(found.take(ALL, np.ones(2, np.bool_)).records) == 2


def test_masks_take_the_nearest_pixel(tmp_path: Path) -> None:
    checks = Image.fromarray(np.kron([[0, 200], [50, 7]], np.ones((2, 2))).astype(np.uint8))
    paths = files(tmp_path, checks, checks)
    found = Pictures.of_masks(MaskFiles(paths), (2, 2), ALL)
    assert isinstance(found, Pictures)
    taken = found.take(ALL[:1], np.ones(1, np.bool_))
    assert isinstance(taken.records, np.ndarray)
    assert taken.records.tolist() == [[[0, 200], [50, 7]]]
    assert found.spec("label").shape == (2, 2)


def test_what_cannot_be_read_is_told_and_no_longer_readable(tmp_path: Path) -> None:
    paths = (*files(tmp_path, plain((1, 1, 1))), f"{tmp_path}/gone.png")
    found = Pictures.of_images(ImageFiles(paths, gray=False), (2, 2), ALL)
    assert isinstance(found, Pictures)
    readable = np.ones(2, np.bool_)
    name = paths[1]
    why = f"{name}: cannot be read as an image: No such file or directory"
    assert found.take(ALL, readable).rejects == [Reject(name, why)]
    assert readable.tolist() == [True, False]
    assert Pictures.of_images(ImageFiles(paths[1:], gray=False), None, ALL[:1]) == [
        Reject(name, why)
    ]


def test_two_sizes_are_refused(tmp_path: Path) -> None:
    paths = files(tmp_path, plain((1, 1, 1), 6, 4), plain((2, 2, 2), 5, 4))
    found = Pictures.of_images(ImageFiles(paths, gray=False), None, ALL)
    assert isinstance(found, Pictures)
    with pytest.raises(DataError) as caught:
        found.take(ALL, np.ones(2, np.bool_))
    assert str(caught.value) == str(two_sizes(paths[0], (3, 4, 6), paths[1], (3, 4, 5)))
    assert str(caught.value).startswith(f"{paths[0]} is 6x4 pixels and {paths[1]} is 5x4: ")
