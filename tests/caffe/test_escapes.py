from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protonet.caffe.escapes import unescape


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("plain", "plain"),
        (r"a\nb\tc\rd", "a\nb\tc\rd"),
        (r"\a\b\f\v", "\x07\x08\x0c\x0b"),
        (r"\\ \" \' \?", "\\ \" ' ?"),
        (r"\101\102", "AB"),
        (r"\1012", "A2"),  # an octal escape has at most three digits
        (r"\x41\X5a", "AZ"),
        (r"\u00e9\U0001F600", "é😀"),
        (r"caf\303\251", "café"),  # UTF-8 of é is C3 A9, octal 303 251
        (r"\xe2\x82\xac", "€"),
    ],
)
def test_an_escape_is_its_character(written: str, text: str) -> None:
    assert unescape(written) == text


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_every_text_survives_as_octal_bytes(text: str) -> None:
    assert unescape("".join(f"\\{byte:03o}" for byte in text.encode())) == text


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (r"\q", "unknown escape \\q"),
        (r"\400", "the escape \\400 is above 255"),  # octal 400 is 256
        (r"\ud800", "the escape \\ud800 is no Unicode character"),
        (r"\U00110000", "the escape \\U00110000 is no Unicode character"),
        (r"\xff", "the text is not UTF-8"),
        (r"\303", "the text is not UTF-8"),
        (r"\0", "the text holds a NUL byte"),
    ],
)
def test_what_is_no_text_is_refused(written: str, why: str) -> None:
    with pytest.raises(ValueError, match=".") as error:
        unescape(written)
    assert str(error.value) == why
