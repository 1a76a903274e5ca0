from __future__ import annotations

from pathlib import Path

import pytest

from protonet.convert import ConvertOptions, convert
from protonet.convert.rejects import report_path, write_report
from protonet.convert.source import Reject
from protonet.errors import DataError, StorageError
from tests.convert.pictures import FORMATS, SPLIT, class_folders, left, records
from tests.convert.tables import written


def test_a_report_is_a_line_for_each(tmp_path: Path) -> None:
    path = write_report(tmp_path / "a.lmdb", [Reject("a\tb", "a\nb: why"), Reject("\udce9", "x")])
    assert path == tmp_path / "a.rejects.tsv"
    assert path.read_text() == "record\treason\na b\ta b: why\n?\tx\n"
    assert left(tmp_path) == {"a.rejects.tsv"}


def test_an_older_report_is_removed(tmp_path: Path) -> None:
    written(report_path(tmp_path / "a.h5"), "old")
    assert write_report(tmp_path / "a.h5", []) is None
    assert left(tmp_path) == set()


def test_a_report_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        write_report(tmp_path / "gone" / "a.h5", [Reject("a", "b")])
    assert str(caught.value) == (
        f"{tmp_path}/gone/a.rejects.tsv: cannot be written: No such file or directory"
    )


@FORMATS
@pytest.mark.parametrize("split", [None, SPLIT.split])
def test_what_cannot_be_read_is_left_out_and_counts_add_up(
    ending: str, split: tuple[tuple[str, float], ...] | None, tmp_path: Path
) -> None:
    photos = class_folders(tmp_path / "photos", cat=5, dog=10)
    for name in ("cat/000", "dog/003", "dog/009"):
        written(photos / f"{name}.png", b"" if name == "cat/000" else b"no image")
    options = ConvertOptions(skip=True, split=split, workers=2)
    report = convert(photos, tmp_path / f"a.{ending}", options)
    assert (report.count, report.rejected) == (12, 3)
    assert report.rejects == tmp_path / "a.rejects.tsv"
    head, *lines = report.rejects.read_text().splitlines()
    assert head == "record\treason"
    empty = f"{photos}/cat/000.png"
    expected = f"{empty}\t{empty}: cannot be read as an image: the file is empty"
    assert sorted(lines)[0] == expected
    assert len(lines) == 3
    labels = [label for table in report.tables for label in records(table.address)[1]]
    assert sorted(labels) == [0] * 4 + [1] * 8


def test_rows_that_are_none_are_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "x,y\n1,0\n2\n,1\n4,1\n")
    with pytest.raises(DataError) as caught:
        convert(path, tmp_path / "a.lmdb", ConvertOptions())
    assert str(caught.value) == (
        "2 of 4 records cannot be read; repair or remove them, or leave them out with --on-error "
        f"skip. Nothing was written\n  {path}:3: 1 cells, and there are 2 columns\n"
        f"  {path}:4: x is missing"
    )
    report = convert(path, tmp_path / "a.lmdb", ConvertOptions(skip=True))
    assert (report.count, report.rejected) == (2, 2)


def test_nothing_left_is_refused(tmp_path: Path) -> None:
    photos = class_folders(tmp_path / "photos", cat=1)
    written(photos / "cat" / "000.png", b"")
    with pytest.raises(DataError) as caught:
        convert(photos, tmp_path / "a.lmdb", ConvertOptions(skip=True))
    assert str(caught.value).startswith(f"{photos}/cat/000.png: cannot be read as an image: ")
    assert left(tmp_path) == {"photos"}
