"""How a set says that it is shuffled."""

from __future__ import annotations

import pytest

from protonet.errors import SpecError
from protonet.spec.shuffle import buffer_of
from tests.spec.sets import problems_of, train_of


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("true", True),
        ("false", False),
        ("full", True),
        ("block", "block"),
        ("buffer:2", "buffer:2"),
        ("buffer:1000000", "buffer:1000000"),
    ],
)
def test_the_ways_to_shuffle(written: str, means: bool | str) -> None:
    assert train_of(f"shuffle: {written}").shuffle == means
    assert train_of("stage: s").shuffle is False


def test_a_buffer_says_how_far_a_record_moves() -> None:
    assert [buffer_of(one) for one in ("buffer:12", "block", True, False)] == [12, None, None, None]


WAYS = "no way to shuffle has this name: it is true, false, full, block or buffer:N"
FAR = "shuffle: false moves none, shuffle: true moves it anywhere"
PLACES = "a record moves at least 2 places in a buffer, at most 2147483647"


@pytest.mark.parametrize(
    ("written", "code", "why", "hint"),
    [
        ("buffr:9", "PN014", WAYS, "did you mean buffer:9?"),
        ("buffer:x", "PN014", WAYS, "did you mean buffer:1000?"),
        ("buffer", "PN014", WAYS, "say how far: buffer:1000"),
        ("Block", "PN014", WAYS, "did you mean block?"),
        ("fully", "PN014", WAYS, "did you mean full?"),
        ("zzz", "PN014", WAYS, ""),
        ("buffer:1", "PN013", PLACES, FAR),
        ("buffer:2147483648", "PN013", PLACES, FAR),
        ("1", "PN010", "true, false, full, block or buffer:N is needed", ""),
        ("[block]", "PN010", "true, false, full, block or buffer:N is needed", ""),
    ],
)
def test_another_way_is_refused(written: str, code: str, why: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        train_of(f"shuffle: {written}")
    assert problems_of(caught.value) == [(code, "data.train.shuffle", why, hint)]
