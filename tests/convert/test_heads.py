from __future__ import annotations

from pathlib import Path

import pytest

from protonet.convert import ConvertOptions
from protonet.convert.find import find_parts
from protonet.convert.heads import began_again, check_unchanged, difference, head_of, went_on
from protonet.convert.plan import plan
from protonet.errors import DataError
from tests.convert.pictures import class_folders


def test_two_runs_that_make_the_same_have_the_same_head(tmp_path: Path) -> None:
    class_folders(tmp_path / "photos", cat=1)
    heads = [
        head_of(
            tmp_path / "photos",
            ConvertOptions(workers=n, force=bool(n - 1), restart=bool(n - 1)),
            (),
        )
        for n in (1, 2)
    ]
    assert heads[0] == heads[1]
    assert head_of(tmp_path / "photos", ConvertOptions(gray=True), ()) != heads[0]


def test_what_differs_is_told_and_what_is_alike_is_not(tmp_path: Path) -> None:
    class_folders(tmp_path / "photos", cat=1)
    head = head_of(tmp_path / "photos", ConvertOptions(), ())
    assert difference(head, head) is None
    assert difference(head, {**head, "options": "x"}) == "it had other options"
    assert difference(head, {**head, "source": "x"}) == "it had another source"
    without = {name: value for name, value in head.items() if name != "machine"}
    assert difference(head, without) == (
        "the computer has started anew since, and may have lost what it held"
    )


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("x,label\n1,0\n2,1\n")
    options = ConvertOptions()
    plans = plan(find_parts(source, options), options)
    head = head_of(source, options, plans)
    check_unchanged(source, plans, head)
    source.write_text("x,label\n1,0\n2,1\n3,0\n")
    with pytest.raises(DataError, match="it was changed while it was read"):
        check_unchanged(source, plans, head)


def test_what_is_said() -> None:
    assert went_on(3, 15) == "went on where an earlier run was killed: 3 of 15 records"
    assert began_again("a reason", Path("/a")) == (
        "an earlier run was killed, and this one began again, for a reason; removed /a"
    )
