from __future__ import annotations

import pytest

from protonet.look.numbers import readable, readable_bytes


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.00 k"),
        (9994, "9.99 k"),
        (9996, "10.0 k"),
        (99_960, "100 k"),
        (999_400, "999 k"),
        (999_600, "1.00 M"),
        (61_100_840, "61.1 M"),
        (714_188_480, "714 M"),
        (10**18, "1,000 P"),
    ],
)
def test_a_count_has_three_digits(number: int, text: str) -> None:
    assert readable(number) == text


def test_bytes_are_counted_in_thousands() -> None:
    assert readable_bytes(1_200_000_000) == "1.20 GB"
    assert readable_bytes(4) == "4 B"
    assert readable_bytes(10**12) == "1.00 TB"
