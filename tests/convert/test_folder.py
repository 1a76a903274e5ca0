from __future__ import annotations

import os
from pathlib import Path

import pytest

from protonet.convert.files import ImageFiles
from protonet.convert.folder import class_names, label_order, list_classes
from protonet.convert.source import Part
from protonet.errors import DataError


def touch(folder: Path, *names: str) -> Path:
    """Make empty files, for what is listed only; `name/` is a folder."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if name.endswith("/") else path.touch()
    return folder


def listed(part: Part) -> list[tuple[str, int]]:
    """Return the path of each image, without the folders above `photos`, and its label."""
    assert isinstance(part.images, ImageFiles)
    names = [path.partition("/photos/")[2] for path in part.images.paths]
    return list(zip(names, part.labels.tolist(), strict=True))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return tmp_path / "photos"


def test_a_class_is_a_folder_and_its_images_lie_at_any_depth(photos: Path) -> None:
    touch(photos, "dog/b.jpg", "dog/a.PNG", "cat/z.bmp", "cat/deep/er/a.jpg")
    names = class_names(photos)
    assert names == ["cat", "dog"]
    part = list_classes(photos, names, gray=True)
    assert listed(part) == [
        ("cat/deep/er/a.jpg", 0),
        ("cat/z.bmp", 0),
        ("dog/a.PNG", 1),
        ("dog/b.jpg", 1),
    ]
    assert (part.classes, part.table, part.notes) == (("cat", "dog"), None, ())
    assert part.order == "gray"


def test_classes_that_are_numbers_are_sorted_as_numbers(photos: Path) -> None:
    assert class_names(touch(photos, "10/", "9/", "100/")) == ["9", "10", "100"]
    assert class_names(touch(photos, "x/")) == ["10", "100", "9", "x"]
    assert label_order(["b", "2", "10"]) == ["10", "2", "b"]


def test_hidden_names_and_datasets_are_passed_over(photos: Path) -> None:
    touch(photos, "cat/a.jpg", "cat/.b.jpg", ".git/c.jpg", "out.lmdb/data.mdb", "out.h5/d.jpg")
    names = class_names(photos)
    assert names == ["cat"]
    part = list_classes(photos, names, gray=False)
    only = "there is one class only, so that there is nothing to learn from the labels"
    assert (listed(part), part.notes) == ([("cat/a.jpg", 0)], (f"{photos}: {only}",))


def test_what_is_left_out_is_noted(photos: Path) -> None:
    touch(photos, "cat/a.jpg", "cat/a.txt", "cat/deep/b", "dog/", "x.jpg", "y.png", "SOURCE.txt")
    assert list_classes(photos, ["cat", "dog"], gray=False).notes == (
        f"{photos}: left out 2 files with no image's name: cat/a.txt, cat/deep/b",
        f"{photos}: left out 2 images beside the class folders: x.jpg, y.png",
        f"{photos}: no image in 1 class folder, kept as a class: dog",
    )


def test_of_many_left_out_three_are_named(photos: Path) -> None:
    touch(photos, "cat/a.jpg", *(f"cat/{number}.txt" for number in range(5)), "a/", "b/")
    assert list_classes(photos, ["a", "b", "cat"], gray=False).notes == (
        f"{photos}: left out 5 files with no image's name: cat/0.txt, cat/1.txt, cat/2.txt "
        "and 2 more",
        f"{photos}: no image in 2 class folders, kept as classes: a, b",
    )


def test_a_class_keeps_its_label_where_it_has_no_folder(photos: Path) -> None:
    touch(photos, "dog/a.jpg", "bee")
    part = list_classes(photos, ["ant", "bee", "dog"], gray=False, table="test")
    assert listed(part) == [("dog/a.jpg", 2)]
    assert part.table == "test"
    assert part.classes == ("ant", "bee", "dog")
    assert part.notes == (f"{photos}: no image in 2 class folders, kept as classes: ant, bee",)


def test_links_are_followed_but_not_in_a_ring(photos: Path, tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere", "a.jpg")
    touch(photos, "cat/b.jpg")
    (photos / "cat" / "more").symlink_to(tmp_path / "elsewhere")
    (photos / "cat" / "ring").symlink_to(photos / "cat")
    (photos / "dog").symlink_to(tmp_path / "elsewhere")
    names = class_names(photos)
    assert listed(list_classes(photos, names, gray=False)) == [
        ("cat/b.jpg", 0),
        ("cat/more/a.jpg", 0),
        ("dog/a.jpg", 1),
    ]


def test_images_without_class_folders_are_refused(photos: Path) -> None:
    touch(photos, "a.jpg", "b.png", "c.txt")
    with pytest.raises(DataError) as caught:
        class_names(photos)
    assert str(caught.value) == (
        f"{photos}: no class folders, 2 images directly in it; expected {photos}/CLASS/IMAGE.jpg. "
        "Images with labels of their own can be given as a list file, one `path label` a line"
    )


def test_an_empty_folder_is_refused(photos: Path) -> None:
    photos.mkdir()
    with pytest.raises(DataError) as caught:
        class_names(photos)
    assert str(caught.value).startswith(f"{photos}: no class folders, no images; expected ")


def test_pickles_are_named_and_never_read(tmp_path: Path) -> None:
    for name in ("batches.meta", "data_batch_1"):
        (tmp_path / name).write_bytes(b"\x80\x04.")
    with pytest.raises(DataError) as caught:
        class_names(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: holds CIFAR as Python's pickles, which may run any program when they are "
        "read; convert the binary version, cifar-10-binary.tar.gz"
    )


@pytest.mark.parametrize(
    ("names", "found"), [(["cat"], "1 class folder"), (["cat", "dog"], "2 class folders")]
)
def test_class_folders_without_any_image_are_refused(
    names: list[str], found: str, photos: Path
) -> None:
    touch(photos, "cat/a.txt", "dog/")
    with pytest.raises(DataError) as caught:
        list_classes(photos, names, gray=False)
    assert str(caught.value) == f"{photos}: no image in its {found}"


def test_a_class_name_must_be_text(photos: Path) -> None:
    touch(photos, os.fsdecode(b"caf\xe9/"))
    with pytest.raises(DataError) as caught:
        class_names(photos)
    assert str(caught.value) == (
        f"{photos}/caf\N{REPLACEMENT CHARACTER}: the name of a class must be UTF-8; rename the "
        "folder"
    )


def test_a_folder_that_cannot_be_read_is_refused(photos: Path) -> None:
    with pytest.raises(DataError) as caught:
        class_names(photos)
    assert str(caught.value) == (f"{photos}: the folder cannot be read: No such file or directory")


def test_a_link_back_to_the_whole_is_not_followed(photos: Path) -> None:
    touch(photos, "cat/a.jpg", "dog/b.jpg")
    (photos / "dog" / "loop").symlink_to(photos)
    part = list_classes(photos, ["cat", "dog"], gray=False)
    assert listed(part) == [("cat/a.jpg", 0), ("dog/b.jpg", 1)]
