from __future__ import annotations

from pathlib import Path

import pytest

from protonet.convert.files import ImageFiles
from protonet.convert.set_folder import TABLES, list_folder
from protonet.errors import DataError
from tests.convert.test_folder import listed, touch


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return tmp_path / "photos"


def test_class_folders_become_one_table(photos: Path) -> None:
    touch(photos, "cat/a.jpg", "dog/b.jpg")
    (part,) = list_folder(photos, gray=False)
    assert (part.table, part.classes) == (None, ("cat", "dog"))
    assert listed(part) == [("cat/a.jpg", 0), ("dog/b.jpg", 1)]


def test_the_parts_of_a_set_become_tables_with_the_same_classes(photos: Path) -> None:
    touch(photos, "test/dog/c.jpg", "train/cat/a.jpg", "train/dog/b.jpg", "test/eel/d.jpg")
    test, train = list_folder(photos, gray=False)
    assert (test.table, train.table) == ("test", "train")
    assert test.classes == train.classes == ("cat", "dog", "eel")
    assert listed(train) == [("train/cat/a.jpg", 0), ("train/dog/b.jpg", 1)]
    assert listed(test) == [("test/dog/c.jpg", 1), ("test/eel/d.jpg", 2)]
    assert train.notes == (f"{photos}/train: no image in 1 class folder, kept as a class: eel",)


@pytest.mark.parametrize("name", [*TABLES, "Train", "VAL"])
def test_a_part_is_known_by_its_name(name: str, photos: Path) -> None:
    """A single part is the whole set, so its table needs no name."""
    touch(photos, f"{name}/cat/a.jpg")
    (part,) = list_folder(photos, gray=False)
    assert (part.classes, part.table) == (("cat",), None)
    assert isinstance(part.images, ImageFiles)


def test_numbered_classes_of_several_parts_are_sorted_as_numbers(photos: Path) -> None:
    touch(photos, "train/10/a.jpg", "train/9/a.jpg", "val/11/a.jpg", "Test/2/a.jpg")
    assert list_folder(photos, gray=False)[0].classes == ("2", "9", "10", "11")


def test_a_class_may_be_called_train(photos: Path) -> None:
    touch(photos, "plane/a.jpg", "train/b.jpg", "train/steam/c.jpg")
    (part,) = list_folder(photos, gray=False)
    assert part.classes == ("plane", "train")


def test_a_part_without_class_folders_is_refused(photos: Path) -> None:
    touch(photos, "train/cat/a.jpg", "test/a.jpg")
    with pytest.raises(DataError) as caught:
        list_folder(photos, gray=False)
    assert str(caught.value) == (
        f"{photos}/test: no class folders, 1 image directly in it; expected "
        f"{photos}/test/CLASS/IMAGE.jpg. Images with labels of their own can be given as a list "
        "file, one `path label` a line"
    )


def test_parts_beside_something_else_are_refused(photos: Path) -> None:
    touch(photos, "train/cat/a.jpg", "test/cat/a.jpg", "extra/a.jpg")
    with pytest.raises(DataError) as caught:
        list_folder(photos, gray=False)
    assert str(caught.value) == (
        f"{photos}: test, train look like the parts of a set, and extra like none; move either "
        "away, or convert each part by itself"
    )


def test_two_folders_for_one_table_are_refused(photos: Path) -> None:
    touch(photos, "val/cat/a.jpg", "valid/cat/a.jpg", "train/cat/a.jpg")
    with pytest.raises(DataError) as caught:
        list_folder(photos, gray=False)
    assert str(caught.value) == (
        f"{photos}: val and valid would both become the table val; move one away"
    )
