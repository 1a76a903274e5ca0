from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from protonet.convert.delimited import is_table_name, read_delimited
from protonet.convert.source import Reject
from protonet.errors import DataError, ProtonetError, UsageError
from tests.convert.tables import written


@pytest.mark.parametrize("name", ["a.csv", "a.TSV", "b.csv.gz", "x.tab"])
def test_tables_are_known_by_their_names(name: str) -> None:
    assert is_table_name(name)
    assert not is_table_name(name.replace(".", "_"))


def test_the_first_line_names_the_columns(tmp_path: Path) -> None:
    read = read_delimited(written(tmp_path / "a.csv", "x,y\n1,cat\n2,dog\n"), None, "train")
    assert read.columns == {"x": ["1", "2"], "y": ["cat", "dog"]}
    assert (list(read.lines), read.table, read.rejects) == ([2, 3], "train", ())


def test_a_first_line_with_a_number_is_data(tmp_path: Path) -> None:
    read = read_delimited(written(tmp_path / "a.csv", "1,cat\n2,dog\n"), None)
    assert read.columns == {"1": ["1", "2"], "2": ["cat", "dog"]}
    assert list(read.lines) == [1, 2]


def test_names_can_be_given(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "cat,mat\ndog,log\n")
    assert read_delimited(path, ("x", "y")).columns == {"x": ["cat", "dog"], "y": ["mat", "log"]}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "x;y\n1,5;2\n"),
        ("a.csv", "x\ty\n1,5\t2\n"),
        ("a.csv", 'x,y\n"1,5",2\n'),
        ("a.tsv", "x\ty\n1,5\t2\n"),
        ("a.csv", '\ufeffx,y\r\n\r\n"1,5",2\r\n  \r\n'),
    ],
    ids=["semicolons", "tabs in a csv", "quotes", "tsv", "byte order mark, CR LF, blank lines"],
)
def test_delimiters_and_line_ends_are_found(name: str, text: str, tmp_path: Path) -> None:
    assert read_delimited(written(tmp_path / name, text), None).columns == {
        "x": ["1,5"],
        "y": ["2"],
    }


def test_a_cell_in_quotes_may_hold_line_ends(tmp_path: Path) -> None:
    read = read_delimited(written(tmp_path / "a.csv", 'x,y\n"one\ntwo",1\n"a ""b""",2\n'), None)
    assert read.columns["x"] == ["one\ntwo", 'a "b"']
    assert list(read.lines) == [2, 4]


def test_a_tsv_has_no_quotes(tmp_path: Path) -> None:
    read = read_delimited(written(tmp_path / "a.tsv", 'x\ty\n"he said\t1\n'), None)
    assert read.columns["x"] == ['"he said']


def test_a_packed_table_is_unpacked(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv.gz", gzip.compress(b"x,y\n1,2\n"))
    assert read_delimited(path, None).columns == {"x": ["1"], "y": ["2"]}


def test_rows_of_another_width_are_rejects(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "x,y\n1,2\n3\n4,5,6\n")
    read = read_delimited(path, None)
    assert read.columns == {"x": ["1"], "y": ["2"]}
    assert read.rejects == (
        Reject(f"{path}:3", f"{path}:3: 1 cells, and there are 2 columns"),
        Reject(f"{path}:4", f"{path}:4: 3 cells, and there are 2 columns"),
    )


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"\n \n", ": the table is empty"),
    "names only": (b"x,y\n", ": the table has no rows below the names of its columns"),
    "two of a name": (b"x,y,x\n1,2,3\n", ":1: two columns are called x; rename one"),
    "no utf-8": (
        b"x,y\n1,caf\xe9\n",
        ":2: the byte e9 is no UTF-8; write the table as UTF-8, for instance: iconv -f latin1 -t "
        "utf-8 {path}",
    ),
    "an open quote": (
        b'x,y\n1,"a\n',
        ":2: the row cannot be read: a cell in quotes begins in it, or below, and never ends; "
        "close it",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_table_is_refused(what: str, tmp_path: Path) -> None:
    text, message = REFUSED[what]
    path = written(tmp_path / "a.csv", text)
    with pytest.raises(DataError) as caught:
        read_delimited(path, None)
    assert str(caught.value) == f"{path}{message.format(path=path)}"


def test_damaged_gzip_and_missing_files_are_refused(tmp_path: Path) -> None:
    packed = gzip.compress(b"x,y\n1,2\n" * 100)
    path = written(tmp_path / "a.csv.gz", packed[:-9])
    with pytest.raises(DataError) as caught:
        read_delimited(path, None)
    assert str(caught.value) == (
        f"{path}: its gzip data is damaged (Compressed file ended before the end-of-stream marker "
        "was reached); get it again"
    )
    with pytest.raises(DataError) as caught:
        read_delimited(tmp_path / "b.csv", None)
    assert str(caught.value) == f"{tmp_path}/b.csv: cannot be read: No such file or directory"


def test_too_few_names_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "1,2\n")
    with pytest.raises(UsageError) as caught:
        read_delimited(path, ("x",))
    assert isinstance(caught.value, ProtonetError)
    assert str(caught.value) == f"--columns x: 1 names, and the first line of {path} has 2 cells"
