from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from protonet.convert.shards import read_shards, tar_files
from protonet.convert.source import Reject
from protonet.errors import DataError
from tests.convert.pictures import encoded, plain
from tests.convert.tables import written


def shard(path: Path, files: dict[str, bytes]) -> Path:
    """Write a tar."""
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def picture(value: int) -> bytes:
    return encoded(plain((value, 0, 0)))


def test_files_of_one_name_are_one_record(tmp_path: Path) -> None:
    first = shard(tmp_path / "00.tar", {
        "a/1.png": picture(1), "a/1.cls": b"3\n", "a/1.json": b'{"author": "x y", "cls": 1}',
        "a/2.cls": b"4", "a/2.png": picture(2), "a/2.seg.png": b"left out",
        "a/2.json": b'{"author": "z"}',
    })  # fmt: skip
    shard(tmp_path / "01.tar", {"b.PNG": picture(3), "b.cls": b"5", "b.txt": b"a text"})
    read = read_shards(tar_files(tmp_path), gray=False)
    assert read.columns == {
        "label": ["3", "4", "5"],
        "author": ["x y", "z", None],
        "cls": [1, None, None],
        "text": [None, None, "a text"],
    }
    assert read.images is not None
    assert [read.images.load(index).pixels[0, 0, 0] for index in range(3)] == [1, 2, 3]
    assert read.images.name(0) == f"{first}: a/1.png"
    assert read.images.content(1) == picture(2)
    assert (len(read.images), read.images.channels) == (3, "RGB")


def test_a_record_without_its_image_is_a_reject(tmp_path: Path) -> None:
    path = shard(tmp_path / "a.tar", {"1.jpg": picture(1), "1.cls": b"0", "2.cls": b"1",
                                      "3.jpg": picture(3), "3.json": b"["})  # fmt: skip
    read = read_shards([path], gray=False)
    assert read.columns == {"label": ["0"]}
    assert read.rejects == (
        Reject(f"{path}: 2", f"{path}: 2: has no image"),
        Reject(
            f"{path}: 3.json",
            f"{path}: 3.json: is no JSON: Expecting value: line 1 column 2 (char 1)",
        ),
    )


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    path = shard(tmp_path / "a.tar", {"1.jpg": b"no image", "1.cls": b"0"})
    read = read_shards([path], gray=False)
    assert read.images is not None
    with pytest.raises(DataError) as caught:
        read.images.load(0)
    assert str(caught.value) == (
        f"{path}: 1.jpg: cannot be read as an image: it is none of JPEG, PNG, BMP, GIF, TIFF, "
        "WEBP, PPM, or damaged at its beginning"
    )


def test_records_need_no_images(tmp_path: Path) -> None:
    path = shard(tmp_path / "a.tar", {"1.txt": b"a", "1.cls": b"0"})
    read = read_shards([path], gray=False, table="train")
    assert (read.images, read.table) == (None, "train")


def test_what_is_no_tar_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tar", b"x" * 2000)
    with pytest.raises(DataError) as caught:
        read_shards([path], gray=False)
    assert str(caught.value) == (
        f"{path}: cannot be read as a tar: invalid header; a packed one is unpacked first, with "
        "gunzip"
    )
    with pytest.raises(DataError) as caught:
        read_shards([tmp_path / "b.tar"], gray=False)
    assert str(caught.value) == f"{tmp_path}/b.tar: cannot be read: No such file or directory"
    path = shard(tmp_path / "c.tar", {"readme": b"x", "a.bin": b"x"})
    with pytest.raises(DataError) as caught:
        read_shards([path], gray=False)
    assert str(caught.value) == f"{path}: holds no record: no image, .cls, .txt or .json"
