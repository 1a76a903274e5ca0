from __future__ import annotations

import os
import sys

import pytest

from protonet.convert.paths import Paths


def test_paths_come_back_as_they_were_given() -> None:
    given = ["a/b.jpg", "", "ä ö/猫.png", os.fsdecode(b"\xff.jpg"), "c"]
    paths = Paths(given)
    assert list(paths) == given
    assert [paths[place] for place in (-5, -1, 2)] == [given[0], "c", given[2]]
    assert paths[1:4] == given[1:4]
    assert paths[::-2] == given[::-2]
    assert len(paths) == 5
    paths.append("d")
    assert paths[-1] == "d"


@pytest.mark.parametrize("index", [2, -3])
def test_a_path_that_is_not_there_is_an_error(index: int) -> None:
    with pytest.raises(IndexError):
        Paths(["a", "b"])[index]


def test_there_may_be_none() -> None:
    assert list(Paths()) == []
    assert len(Paths()) == 0


def test_a_path_takes_little_more_than_its_bytes() -> None:
    """Its end takes 8 bytes; both pieces of memory have up to an eighth to spare."""
    paths = Paths(f"{number:020}" for number in range(10_000))
    assert (
        sys.getsizeof(paths._bytes) + sys.getsizeof(paths._ends) < 10_000 * (20 + 8) * 9 / 8 + 200
    )
