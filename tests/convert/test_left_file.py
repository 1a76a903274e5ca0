from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from protonet.convert.journal import NAME, Entry, Journal, Stored
from protonet.convert.left_file import ASIDE, ASIDE_JOURNAL, left_file, set_aside
from protonet.data.header import FieldSpec
from protonet.data.layout import CHECKSUM, Column, checksum, new_columns
from protonet.errors import DataError


def journal(path: Path, count: int) -> None:
    written = Journal.begin(path, {"options": "x"})
    written.add(Entry(table="", start=0, count=count, stamp="s"))
    written.close()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if "journal" not in path.name}


def test_what_was_left_gets_other_names(tmp_path: Path) -> None:
    (tmp_path / "a.h5").write_bytes(b"new")
    journal(tmp_path / NAME, 3)
    set_aside(tmp_path, tmp_path / "a.h5")
    assert {path.name for path in tmp_path.iterdir()} == {ASIDE, ASIDE_JOURNAL}
    set_aside(tmp_path, tmp_path / "a.h5")  # the next run was killed before it wrote anything
    assert contents(tmp_path) == {ASIDE: b"new"}
    assert (tmp_path / ASIDE_JOURNAL).exists()


@pytest.mark.parametrize(
    ("count", "stays"), [(2, b"old"), (3, b"new"), (4, b"new"), (None, b"old")]
)
def test_of_two_the_one_that_holds_more_stays(
    count: int | None, stays: bytes, tmp_path: Path
) -> None:
    (tmp_path / ASIDE).write_bytes(b"old")
    journal(tmp_path / ASIDE_JOURNAL, 3)
    (tmp_path / "a.h5").write_bytes(b"new")
    if count is not None:
        journal(tmp_path / NAME, count)
    set_aside(tmp_path, tmp_path / "a.h5")
    assert contents(tmp_path) == {ASIDE: stays}
    assert (tmp_path / ASIDE_JOURNAL).exists()
    assert not (tmp_path / NAME).exists()


@pytest.fixture
def column() -> Column:
    """Return a column of five numbers, two in each chunk."""
    field = FieldSpec(name="data", dtype="uint8", shape=())
    (found,) = new_columns(field, "a.h5")
    return replace(found, count=5, per_chunk=2)


def test_chunks_are_read_from_where_the_journal_says(column: Column, tmp_path: Path) -> None:
    (tmp_path / ASIDE).write_bytes(bytes([50, 51, 0, 10, 11, 0, 30, 31]))
    stored = Stored()
    sums = [checksum(np.array(one, np.uint8)) for one in ([10, 11], [30, 31], [50])]
    for number, offset in enumerate((3, 6, 0)):
        stored.add(
            Entry(table="train", start=2 * number, count=2, stamp="s",
                  checksums={"data": (number, (sums[number],))}, offsets={"data": (offset,)})
        )  # fmt: skip
    assert stored.count == 6
    file = left_file(tmp_path, {"train": stored}, "a.h5")
    found = file.column("train/data", column, np.array(sums, CHECKSUM), "a.h5/train")
    out = np.empty(5, np.uint8)
    found.gather(np.array([4, 3, 2, 1, 0]), out)
    assert out.tolist() == [50, 31, 30, 11, 10]


def test_a_place_that_is_not_known_or_not_there_is_refused(column: Column, tmp_path: Path) -> None:
    (tmp_path / ASIDE).write_bytes(bytes(8))
    stored = Stored()
    entry = Entry(table="", start=0, count=2, stamp="s", checksums={"data": (0, (1, 2))},
                  offsets={"data": (0, 2)})  # fmt: skip
    stored.add(entry)
    file = left_file(tmp_path, {"": stored}, "a.h5")
    with pytest.raises(DataError) as caught:
        file.column("data", column, np.zeros(3, CHECKSUM), "a.h5")
    assert str(caught.value) == "a.h5: the journal does not say where chunk 2 is"
    stored.add(entry.model_copy(update={"start": 2, "checksums": {"data": (2, (3,))},
                                        "offsets": {"data": (8,)}}))  # fmt: skip
    with pytest.raises(DataError, match="chunk 2 of field data lies outside the file of 8 bytes"):
        file.column("data", column, np.zeros(3, CHECKSUM), "a.h5")
    with pytest.raises(DataError, match=r"a\.h5: earlier\.h5 cannot be read"):
        left_file(tmp_path / "gone", {}, "a.h5")
