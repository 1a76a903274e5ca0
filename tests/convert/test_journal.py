from __future__ import annotations

from pathlib import Path

import pytest

from protonet.convert.journal import Entry, Journal, Stored, read_journal
from protonet.errors import StorageError


def entry(start: int, count: int = 5, table: str = "", **more: object) -> Entry:
    return Entry.model_validate(
        {"table": table, "start": start, "count": count, "stamp": f"s{start}", **more}
    )


def test_a_line_is_what_is_not_as_usual(tmp_path: Path) -> None:
    journal = Journal.begin(tmp_path / "journal", {"options": "x"})
    journal.add(entry(0))
    journal.add(entry(5, 2, "train", left_out=[1], checksums={"data": (0, (7, 8))}))
    journal.close()
    assert (tmp_path / "journal").read_text() == (
        '{"options": "x"}\n'
        '{"table":"","start":0,"count":5,"stamp":"s0"}\n'
        '{"table":"train","start":5,"count":2,"stamp":"s5","left_out":[1],'
        '"checksums":{"data":[0,[7,8]]}}\n'
    )


def test_what_was_written_is_read(tmp_path: Path) -> None:
    first = entry(0, encoded={"data": ((100, (3, 4, 5)),)}, rejects=[("a.png", "a.png: why")])
    second = entry(5, colour=True, remarks=[(7, "mended")])
    journal = Journal.begin(tmp_path / "journal", {"options": "x", "files": "y"})
    journal.add(first)
    journal.add(second)
    journal.close()
    found = read_journal(tmp_path / "journal")
    assert found is not None
    assert found[0] == {"options": "x", "files": "y"}
    assert found[1][""].entries == [first, second]


def test_a_line_that_was_cut_short_is_none_and_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text(
        '{"options": "x"}\n{"table":"","start":0,"count":5,"stamp":"s0"}\n{"table":"","st'
    )
    journal = Journal.go_on(path)
    journal.add(entry(5))
    journal.close()
    found = read_journal(path)
    assert found is not None
    assert [one.start for one in found[1][""].entries] == [0, 5]


def test_a_later_line_takes_the_place_of_an_earlier_one_and_of_all_behind_it() -> None:
    stored = Stored()
    for start in (0, 5, 10, 15):
        stored.add(entry(start))
    again = entry(10, 3)
    stored.add(again)
    assert stored.entries == [entry(0), entry(5), again]


def test_checksums_count_up_to_the_first_that_is_missing() -> None:
    stored = Stored()
    stored.add(entry(0, checksums={"data": (0, (10, 11))}))
    stored.add(entry(5, checksums={"data": (3, (13,))}))
    assert stored.sums("data") == [10, 11]
    stored.add(entry(10, checksums={"data": (2, (12,))}))
    assert stored.sums("data") == [10, 11, 12, 13]
    assert stored.sums("label") == []


@pytest.mark.parametrize(
    "text", ["", "{}", "[]\n", "no JSON\n", '{"options": "x"}\n{"table": 1}\n']
)
def test_what_is_no_journal_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "journal").write_text(text)
    assert read_journal(tmp_path / "journal") is None
    assert read_journal(tmp_path / "gone") is None


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        Journal.go_on(tmp_path / "gone")
    assert str(caught.value) == f"{tmp_path}/gone: cannot be written: No such file or directory"
