from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from protonet.convert.parquet import PackedImages, read_parquet
from protonet.errors import DataError, UsageError
from tests.convert.pictures import encoded, plain
from tests.convert.tables import written

pyarrow = pytest.importorskip("pyarrow", reason="reading Parquet is an extra")
parquet = pytest.importorskip("pyarrow.parquet")


def table(path: Path, columns: dict[str, list[Any]]) -> Path:
    parquet.write_table(pyarrow.table(columns), path, row_group_size=1)
    return path


def test_columns_are_read(tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.parquet",
        {"x": [1.5, None], "label": [1, 0], "text": ["a", "b"], "v": [[1, 2], [3, 4]],
         "left out": [{"a": 1}, {"a": 2}], "yes": [True, False]},
    )  # fmt: skip
    read = read_parquet(path, gray=False, table="train")
    assert read.columns == {
        "x": [1.5, None],
        "label": [1, 0],
        "text": ["a", "b"],
        "v": [[1, 2], [3, 4]],
        "yes": [True, False],
    }
    assert (list(read.lines), read.table, read.images) == ([1, 2], "train", None)


def test_images_are_read_as_hugging_face_stores_them(tmp_path: Path) -> None:
    files = [{"bytes": encoded(plain((n, 0, 0))), "path": f"{n}.png"} for n in (1, 2)]
    path = table(tmp_path / "a.parquet", {"image": [*files, {"bytes": None, "path": None}]})
    read = read_parquet(path, gray=False)
    assert isinstance(read.images, PackedImages)
    assert [read.images.load(index).pixels[0, 0, 0] for index in range(2)] == [1, 2]
    assert (len(read.images), read.images.channels) == (3, "RGB")
    with pytest.raises(DataError) as caught:
        read.images.load(2)
    assert str(caught.value) == f"{path}:3: has no image"


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", b"PAR1 and no more")
    with pytest.raises(DataError) as caught:
        read_parquet(path, gray=False)
    assert str(caught.value).startswith(f"{path}: cannot be read as Parquet: ")
    path = table(tmp_path / "b.parquet", {"x": []})
    with pytest.raises(DataError) as caught:
        read_parquet(path, gray=False)
    assert str(caught.value) == f"{path}: holds no row that a record can be made of"


def test_without_pyarrow_it_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError) as caught:
        read_parquet(tmp_path / "a.parquet", gray=False)
    assert str(caught.value) == (
        f"{tmp_path}/a.parquet: to read Parquet, pyarrow is needed: pip install protonet[parquet]"
    )


def test_a_group_of_rows_that_is_damaged_is_told_when_it_is_read(tmp_path: Path) -> None:
    files = [{"bytes": encoded(plain((n, 0, 0))), "path": f"{n}.png"} for n in range(3)]
    path = table(tmp_path / "a.parquet", {"image": files, "label": [0, 1, 2]})
    images = read_parquet(path, gray=False).images
    assert images is not None
    with path.open("r+b") as file:
        file.seek(4)  # behind PAR1, where the first group begins
        file.write(b"\xff" * 40)
    with pytest.raises(DataError) as caught:
        images.content(0)
    assert str(caught.value).startswith(f"{path}: cannot be read as Parquet: ")
    assert images.load(2).pixels[0, 0, 0] == 2
