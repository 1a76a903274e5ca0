"""Marks find the place to show for any path."""

from __future__ import annotations

import pytest

from protonet.errors import Path
from tests.specs import origin_of

MARKS = origin_of("net:\n  layers:\n    - {name: conv1, pad: 2}\n").marks


@pytest.mark.parametrize(
    ("path", "key", "place"),
    [
        (("net", "layers", 0, "pad"), False, "net.yaml:3:26"),
        (("net", "layers", 0, "pad"), True, "net.yaml:3:21"),
        (("net", "layers", 0), True, "net.yaml:3:7"),  # a list's item has no key
        (("net", "layers", 0, "stride"), False, "net.yaml:3:7"),  # missing: its layer
        (("net", "inputs"), False, "net.yaml:1:1"),  # missing: the key of its map
        (("solver",), False, "net.yaml:1:1"),
        (("net", "layers", 0, "pad", 1), False, "net.yaml:3:26"),  # part of a scalar
        ((), False, "net.yaml:1:1"),
    ],
)
def test_a_path_is_shown_where_it_stands_or_where_it_is_missing(
    path: Path, key: bool, place: str
) -> None:
    assert str(MARKS.locate(path, key=key)) == place


def test_find_knows_only_what_was_written() -> None:
    assert MARKS.find(("net", "layers", 0, "stride")) is None
    assert MARKS.find(("net", "layers", 7, "pad")) is None


def test_nearest_stops_at_the_last_parent_that_was_written() -> None:
    assert MARKS.nearest(("net", "layers", 7, "pad")) is MARKS.find(("net", "layers"))
