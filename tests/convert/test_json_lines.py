from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from protonet.convert.json_lines import is_json_lines_name, parse_object, read_json_lines
from protonet.convert.source import Reject
from protonet.errors import DataError
from tests.convert.tables import written


def test_json_lines_are_known_by_their_names() -> None:
    assert all(map(is_json_lines_name, ["a.jsonl", "a.NDJSON", "a.jsonl.gz"]))
    assert not is_json_lines_name("a.json")


def test_keys_are_columns_and_what_a_line_lacks_is_missing(tmp_path: Path) -> None:
    text = '\ufeff{"a": 1, "b": "x"}\n\n{"a": 2.5, "c": [1, 2]}\r\n'
    read = read_json_lines(written(tmp_path / "a.jsonl", text), "test")
    assert read.columns == {"a": [1, 2.5], "b": ["x", None], "c": [None, [1, 2]]}
    assert (list(read.lines), read.table) == ([1, 3], "test")


def test_a_packed_file_is_unpacked(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl.gz", gzip.compress(b'{"a": true}\n'))
    assert read_json_lines(path).columns == {"a": [True]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"[1]", "is a list, and a record is an object"),
        (b'"a"', 'is "a", and a record is an object'),
        (b'{"a": {"b": 1}}', "a is an object; a value is a text, a number or a list of numbers"),
        (b'{"a": ["b"]}', "a is a list; a value is a text, a number or a list of numbers"),
        (b"{", "is no JSON: Expecting property name enclosed in double quotes: "
         "line 1 column 2 (char 1)"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_record_is_a_reject(text: bytes, why: str, tmp_path: Path) -> None:
    assert parse_object(text, "a:7") == Reject("a:7", f"a:7: {why}")
    read = read_json_lines(written(tmp_path / "a.jsonl", b'{"a": 1}\n' + text))
    assert [reject.name for reject in read.rejects] == [f"{tmp_path}/a.jsonl:2"]
    assert read.columns == {"a": [1]}


def test_a_file_without_lines_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", "\n")
    with pytest.raises(DataError) as caught:
        read_json_lines(path)
    assert str(caught.value) == f"{path}: holds no line of JSON"


def test_a_file_of_no_records_says_why_its_first_line_is_none(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", '{"a": {"b": 1}}\n7\n')
    with pytest.raises(DataError) as caught:
        read_json_lines(path)
    assert str(caught.value) == (
        f"{path}:1: a is an object; a value is a text, a number or a list of numbers; no line can "
        "be read"
    )


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_json_lines(tmp_path / "a.jsonl")
    assert str(caught.value) == f"{tmp_path}/a.jsonl: cannot be read: No such file or directory"
    path = written(tmp_path / "a.jsonl.gz", b"no gzip")
    with pytest.raises(DataError) as caught:
        read_json_lines(path)
    assert str(caught.value) == (
        f"{path}: its gzip data is damaged (Not a gzipped file (b'no')); get it again"
    )
