from __future__ import annotations

from pathlib import Path

import pytest

from protonet.convert.delimited import is_table_name
from protonet.convert.table_files import folder_tables, is_pattern, matched, pattern_tables
from protonet.errors import DataError
from tests.convert.pictures import plain, save


def files(folder: Path, *names: str) -> list[Path]:
    """Make empty files; return them."""
    folder.mkdir(exist_ok=True)
    made = [folder / name for name in names]
    for file in made:
        file.write_text("")
    return made


def test_a_pattern_is_no_path_of_its_own(tmp_path: Path) -> None:
    files(tmp_path, "a[1].csv")
    assert is_pattern(tmp_path / "*.csv")
    assert not is_pattern(tmp_path / "a[1].csv")
    assert not is_pattern(tmp_path / "a.csv")


def test_a_pattern_names_files_in_order(tmp_path: Path) -> None:
    one, two, _ = files(tmp_path, "0.csv", "1.csv", "x.txt")
    (tmp_path / "2.csv").mkdir()
    assert matched(tmp_path / "*.csv") == [one, two]
    with pytest.raises(DataError) as caught:
        matched(tmp_path / "*.tsv")
    assert str(caught.value) == f"{tmp_path}/*.tsv: no file has such a name"
    with pytest.raises(DataError) as caught:
        matched(tmp_path / "2.*")
    assert str(caught.value) == f"{tmp_path}/2.*: only folders have such a name"


def test_what_a_pattern_names_is_one_table_unless_it_is_called_after_parts(tmp_path: Path) -> None:
    some = files(tmp_path, "a.csv", "b.csv")
    assert pattern_tables(tmp_path / "*.csv", some) == {None: some}
    parts = files(tmp_path / "parts", "test.csv", "train-0.csv", "train-1.csv")
    assert pattern_tables(tmp_path / "*.csv", parts) == {"test": parts[:1], "train": parts[1:]}
    with pytest.raises(DataError) as caught:
        pattern_tables(tmp_path / "*.csv", [*some, *parts])
    assert str(caught.value) == (
        f"{tmp_path}/*.csv: test.csv is called after a part of a set, and a.csv is not; give a "
        "pattern for either kind"
    )


def test_names_in_a_folder_that_differ_in_numbers_alone_are_one_table(tmp_path: Path) -> None:
    shards = files(tmp_path, "0-of-2.csv", "1-of-2.csv")
    assert folder_tables(tmp_path, is_table_name) == {None: shards}
    named = files(tmp_path / "named", "train-0-of-2.csv", "train-1-of-2.csv", "test.csv", "x.csv")
    assert folder_tables(tmp_path / "named", is_table_name) == {
        "train": named[:2], "test": named[2:3]
    }  # fmt: skip


@pytest.mark.parametrize("other", ["b.csv", "0.tsv", "below", "x.png"])
def test_beside_something_else_files_are_no_shards(other: str, tmp_path: Path) -> None:
    files(tmp_path, "0.csv", "1.csv")
    if other == "below":
        (tmp_path / other).mkdir()
    elif other == "x.png":
        save(tmp_path / other, plain((1, 2, 3)))
    else:
        files(tmp_path, other)
    assert folder_tables(tmp_path, is_table_name) == {}


def test_hidden_files_and_texts_do_not_count(tmp_path: Path) -> None:
    shards = files(tmp_path, "0.csv", "1.csv", "README.md", ".cache")[:2]
    assert folder_tables(tmp_path, is_table_name) == {None: shards}


def test_other_names_of_one_table_are_refused(tmp_path: Path) -> None:
    files(tmp_path, "train.csv", "train-2.csv", "test.csv")
    with pytest.raises(DataError) as caught:
        folder_tables(tmp_path, is_table_name)
    assert str(caught.value) == (
        f"{tmp_path}: train-2.csv and train.csv would both become the table train; move one away, "
        "or convert each by itself"
    )
