from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from protonet.convert.datum import write_array
from protonet.convert.encoded_pictures import Encoding
from protonet.convert.find import find_parts, is_plain_list, list_parts
from protonet.convert.list_file import EXPECTED
from protonet.convert.options import ConvertOptions, TableOptions
from protonet.errors import DataError, UsageError
from tests.convert.pictures import PLAIN, class_folders, plain, save
from tests.convert.tables import written
from tests.convert.test_datum_database import database
from tests.convert.test_folder import touch
from tests.convert.test_idx_pair import pair
from tests.convert.test_pairs import masks
from tests.convert.test_shards import shard
from tests.data.tables import TINY, write

SPLIT = ConvertOptions(split=(("train", 0.5), ("test", 0.5)))


def test_a_folder_holds_classes(tmp_path: Path) -> None:
    (part,) = find_parts(class_folders(tmp_path / "a", cat=1), PLAIN)
    assert (part.classes, part.order) == (("cat",), "RGB")
    (part,) = find_parts(tmp_path / "a", ConvertOptions(gray=True))
    assert part.order == "gray"


def test_a_folder_with_idx_files_holds_those(tmp_path: Path) -> None:
    class_folders(tmp_path / "a", cat=1)
    pair(tmp_path / "a")
    (part,) = find_parts(tmp_path / "a", PLAIN)
    assert part.name(0) == f"{tmp_path}/a/train-images-idx3-ubyte, image 0"


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
    assert str(caught.value) == (f"{tmp_path}/a.JPG: is a single image; expected {EXPECTED}")


@pytest.mark.parametrize("name", ["", "train-images-idx3-ubyte"])
def test_a_root_goes_with_a_list_only(name: str, tmp_path: Path) -> None:
    pair(tmp_path)
    with pytest.raises(UsageError) as caught:
        find_parts(tmp_path / name, ConvertOptions(root="x"))
    assert str(caught.value) == (
        f"--root x: only a list or a table has paths; {tmp_path / name} is none"
    )


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


def kinds(folder: Path) -> dict[str, Path]:
    """Write one source of each kind whose name tells it."""
    np.savez(folder / "a.npz", x=np.zeros((2, 3)), y=np.array([0, 1]))
    np.save(folder / "a.npy", np.zeros((2, 3)))
    written(folder / "a.csv", "x,y\n1.5,0\n2.5,1\n")
    written(folder / "a.jsonl", '{"x": 1.5, "y": 0}\n{"x": 2.5, "y": 1}\n')
    written(folder / "test_batch.bin", bytes(3073) * 2)
    for name in ("train", "dev"):
        written(folder / "tables" / f"{name}.tsv", "x\ty\n1\t0\n2\t1\n")
    written(folder / "arrays" / "x.npy", (folder / "a.npy").read_bytes())
    written(folder / "cifar" / "data_batch_1.bin", bytes(3073) * 2)
    shard(folder / "a.tar", {"1.cls": b"0", "2.cls": b"1"})
    (folder / "shards").mkdir()
    shard(folder / "shards" / "0.tar", {"1.cls": b"0", "2.cls": b"1"})
    with h5py.File(folder / "a.h5", "w") as file:
        file["data"] = np.zeros((2, 3))
    written(folder / "h5.txt", "a.h5\n")
    database(folder / "caffe", *[write_array(np.zeros((3, 1, 1), np.uint8), 0)] * 2)
    write(folder / "own.lmdb", TINY)
    write(folder / "own.h5", TINY, table="train")
    masks(folder / "masked", "a", "b")
    for name in "ab":
        save(folder / "captions" / f"{name}.png", plain((1, 1, 1)))
        written(folder / "captions" / f"{name}.txt", f"text {name}")
    names = [path.name for path in folder.iterdir()]
    return {name: folder / name for name in names}


def test_every_kind_of_source_is_known(tmp_path: Path) -> None:
    found = {name: find_parts(path, PLAIN) for name, path in kinds(tmp_path).items()}
    found["own.h5/train"] = find_parts(tmp_path / "own.h5" / "train", PLAIN)
    assert len(found) == 18
    assert {part.count for parts in found.values() for part in parts} == {2}
    assert [part.table for part in found["tables"]] == ["train", "val"]
    assert found["masked"][0].masks is not None
    assert list(found["captions"][0].values) == ["text", "text_lengths"]
    assert found["own.lmdb"][0].images is None


def test_two_files_of_one_table_are_refused(tmp_path: Path) -> None:
    for name in ("train.csv", "train-2.csv"):
        written(tmp_path / name, "x,y\n1,0\n")
    with pytest.raises(DataError) as caught:
        find_parts(tmp_path, PLAIN)
    assert str(caught.value) == (
        f"{tmp_path}: train-2.csv and train.csv would both become the table train; move one away, "
        "or convert each by itself"
    )


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.csv", ConvertOptions(resize=(2, 2)), "--resize: {where} holds no images"),
        ("a.csv", ConvertOptions(encode=Encoding()), "--encode: {where} holds no images"),
        ("cifar", ConvertOptions(table=TableOptions(label=("y",))),
         "--label, --columns, --ignore, --text and what goes with them are for columns; {where} "
         "has none"),
    ],
)  # fmt: skip
def test_an_option_that_would_change_nothing_is_refused(
    name: str, options: ConvertOptions, message: str, tmp_path: Path
) -> None:
    path = kinds(tmp_path)[name]
    with pytest.raises(UsageError) as caught:
        find_parts(path, options)
    assert str(caught.value) == message.format(where=path)


def test_shards_of_a_table_are_one(tmp_path: Path) -> None:
    written(tmp_path / "0.csv", "x,y\n1,a\n2,b\n")
    written(tmp_path / "1.csv", "x,y\n3,c\n,a\n")
    for source in (tmp_path, tmp_path / "*.csv", tmp_path / "[01].csv"):
        (part,) = find_parts(source, PLAIN)
        assert (part.count, part.classes, part.table) == (3, ("a", "b", "c"), None)
        assert part.labels.tolist() == [0, 1, 2]
        why = f"{tmp_path}/1.csv:3: x is missing"
        assert [one.why for one in part.rejects] == [why]


def test_shards_are_called_after_the_parts_of_a_set(tmp_path: Path) -> None:
    for name in ("train-0.jsonl", "train-1.jsonl", "test-0.jsonl"):
        written(tmp_path / name, '{"x": 1.5, "label": "a"}\n')
    parts = find_parts(tmp_path / "*.jsonl", PLAIN)
    assert [(part.table, part.count) for part in parts] == [("train", 2), ("test", 1)]


def test_a_pattern_of_something_else_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", "x,y\n1,a\n")
    written(tmp_path / "b.txt", "")
    with pytest.raises(UsageError) as caught:
        find_parts(tmp_path / "*", PLAIN)
    assert str(caught.value) == (
        f"{tmp_path}/*: {tmp_path}/b.txt is no table; a pattern names CSV, TSV, JSON lines or "
        "Parquet, or WebDataset's tar"
    )


def test_parts_are_listed_whatever_is_asked_of_them(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "x,y\n1,0\n")
    (part,) = list_parts(path, ConvertOptions(gray=True))
    assert part.count == 1


def test_a_list_is_known_by_what_else_it_could_be(tmp_path: Path) -> None:
    assert is_plain_list(written(tmp_path / "list.txt", "a.jpg 0\n"))
    assert is_plain_list(written(tmp_path / "list", "a.jpg 0\n"))
    for name in ("a.csv", "a.jsonl", "a.parquet", "a.npz", "a.tar", "a.h5", "a.jpg",
                 "t10k-images-idx3-ubyte", "data_batch_1.bin"):  # fmt: skip
        assert not is_plain_list(written(tmp_path / name, "x"))
    assert not is_plain_list(written(tmp_path / "h5.txt", "a.h5\n"))
    assert not is_plain_list(tmp_path / "gone.txt")
    assert not is_plain_list(tmp_path)
