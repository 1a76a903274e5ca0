from __future__ import annotations

from pathlib import Path

import pytest

from protonet.convert.find import find_parts
from protonet.convert.options import ConvertOptions
from protonet.errors import DataError, UsageError
from tests.convert.pictures import PLAIN, class_folders
from tests.convert.test_folder import touch
from tests.convert.test_idx_pair import pair

SPLIT = ConvertOptions(split=(("train", 0.5), ("test", 0.5)))


def test_a_folder_holds_classes(tmp_path: Path) -> None:
    (part,) = find_parts(class_folders(tmp_path / "a", cat=1), PLAIN)
    assert (part.classes, part.images.channels) == (("cat",), "RGB")
    (part,) = find_parts(tmp_path / "a", ConvertOptions(gray=True))
    assert part.images.channels == "gray"


def test_a_folder_with_idx_files_holds_those(tmp_path: Path) -> None:
    class_folders(tmp_path / "a", cat=1)
    pair(tmp_path / "a")
    (part,) = find_parts(tmp_path / "a", PLAIN)
    assert part.images.name(0) == f"{tmp_path}/a/train-images-idx3-ubyte, image 0"


@pytest.mark.parametrize("kind", ["IDX", "folders"])
def test_the_table_train_comes_first(kind: str, tmp_path: Path) -> None:
    for name in ("train", "t10k" if kind == "IDX" else "test"):
        if kind == "IDX":
            pair(tmp_path, name)
        else:
            class_folders(tmp_path / name, cat=1)
    assert [part.table for part in find_parts(tmp_path, PLAIN)] == ["train", "test"]


def test_a_file_is_idx_by_its_name_and_else_a_list(tmp_path: Path) -> None:
    (part,) = find_parts(pair(tmp_path), PLAIN)
    assert part.labels.tolist() == [3, 1]
    touch(tmp_path / "far", "a.jpg")
    (tmp_path / "list").write_text("a.jpg 1\n")
    (part,) = find_parts(tmp_path / "list", ConvertOptions(root=str(tmp_path / "far")))
    assert part.labels.tolist() == [1]


def test_a_missing_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        find_parts(tmp_path / "gone", PLAIN)
    assert str(caught.value) == f"{tmp_path}/gone: there is no such file or folder"


def test_a_single_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_parts(touch(tmp_path, "a.JPG") / "a.JPG", PLAIN)
    assert str(caught.value) == (
        f"{tmp_path}/a.JPG: is a single image; expected a folder of class folders, a list file or "
        "IDX files"
    )


@pytest.mark.parametrize("name", ["", "train-images-idx3-ubyte"])
def test_a_root_goes_with_a_list_only(name: str, tmp_path: Path) -> None:
    pair(tmp_path)
    with pytest.raises(UsageError) as caught:
        find_parts(tmp_path / name, ConvertOptions(root="x"))
    assert str(caught.value) == f"--root x: only a list file has paths; {tmp_path / name} is none"


def test_what_is_split_already_cannot_be_split(tmp_path: Path) -> None:
    pair(tmp_path, "train")
    pair(tmp_path, "t10k")
    with pytest.raises(UsageError) as caught:
        find_parts(tmp_path, SPLIT)
    assert str(caught.value) == (
        f"--split: {tmp_path} holds several sets already, which become the tables train, test; to "
        "split one of them, convert it by itself"
    )
    assert len(find_parts(tmp_path / "train-images-idx3-ubyte", SPLIT)) == 1
