from __future__ import annotations

import pytest

from protonet.caffe.tokens import tokens
from protonet.errors import SpecError

Parts = list[tuple[str, str | int | float]]


def read(text: str) -> Parts:
    *found, end = tokens(text, "net.prototxt")
    assert end.kind == "end"
    return [(token.kind, token.value) for token in found]


def refusal(text: str) -> str:
    with pytest.raises(SpecError) as error:
        list(tokens(text, "net.prototxt"))
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  # nothing but a comment", []),
        ("conv_1", [("word", "conv_1")]),
        ("0 12 0x1F 017", [("whole", 0), ("whole", 12), ("whole", 31), ("whole", 15)]),
        (
            "1.5 .5 2. 1e-3",
            [("decimal", 1.5), ("decimal", 0.5), ("decimal", 2.0), ("decimal", 1e-3)],
        ),
        ("1f 2.5F", [("decimal", 1.0), ("decimal", 2.5)]),
        ("'a' \"b\"", [("text", "a"), ("text", "b")]),
        (r'"say \"no\""', [("text", 'say "no"')]),
        ("{}<>[],;:-", [("symbol", sign) for sign in "{}<>[],;:-"]),
        ("a:1", [("word", "a"), ("symbol", ":"), ("whole", 1)]),
        ("-2", [("symbol", "-"), ("whole", 2)]),
        ("a # b\nc", [("word", "a"), ("word", "c")]),
    ],
)
def test_a_text_becomes_its_tokens(text: str, expected: Parts) -> None:
    assert read(text) == expected


def test_each_token_knows_its_place() -> None:
    found = [
        (token.mark.line, token.mark.column, token.mark.end)
        for token in tokens('name: "x" # why\r\n\n  layer {', "net.prototxt")
    ]

    assert found == [(1, 1, 5), (1, 5, 6), (1, 7, 10), (3, 3, 8), (3, 9, 10), (3, 10, 11)]


def test_the_line_of_a_windows_file_is_shown_without_its_end() -> None:
    first = next(tokens("name: 1\r\n", "net.prototxt"))

    assert first.mark.source.lines == ("name: 1", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: @",
            """\
error[PN050] net.prototxt:1:4: '@' means nothing here
    1 | a: @
      |    ^
      see: protonet explain PN050
1 error in net.prototxt""",
        ),
        (
            "size: 1.2.3",
            """\
error[PN050] net.prototxt:1:7: 1.2.3 is not a number
    1 | size: 1.2.3
      |       ^^^^^
      see: protonet explain PN050
1 error in net.prototxt""",
        ),
        (
            "size: 089",
            """\
error[PN050] net.prototxt:1:7: 089 starts with 0, so it is octal, but it has digits above 7
    1 | size: 089
      |       ^^^
      see: protonet explain PN050
1 error in net.prototxt""",
        ),
        (
            'name: "x\ny"',
            """\
error[PN050] net.prototxt:1:7: the text is not closed
    1 | name: "x
      |       ^
      write " at its end, on the same line      see: protonet explain PN050
1 error in net.prototxt""",
        ),
        (
            r'name: "\q"',
            r"""
error[PN050] net.prototxt:1:7: unknown escape \q
    1 | name: "\q"
      |       ^^^^
      see: protonet explain PN050
1 error in net.prototxt""".lstrip(),
        ),
        (
            "name\0",
            """\
error[PN050] net.prototxt:1:5: the file is binary
    1 | name\ufffd
      |     ^
      a net is plain text; a .caffemodel holds its weights  see: protonet explain PN050
1 error in net.prototxt""",
        ),
        (
            "pad: " + "1" * 401,
            f"""\
error[PN050] net.prototxt:1:6: a number of 401 characters
    1 | pad: {"1" * 195}
      |      {"^" * 195}
      see: protonet explain PN050
1 error in net.prototxt""",
        ),
    ],
    ids=["sign", "number", "octal", "open text", "escape", "binary", "digits"],
)
def test_what_fits_nothing_is_refused(text: str, message: str) -> None:
    assert refusal(text) == message


def test_a_comment_in_another_encoding_does_no_harm() -> None:
    text = b"name # caf\xe9".decode("utf-8", "surrogateescape")

    assert read(text) == [("word", "name")]
    assert next(tokens(text, "net.prototxt")).mark.source.lines == ("name # caf\ufffd",)


@pytest.mark.parametrize("text", ["#" * 10**6, " \n" * 10**6, "a" * 10**6], ids=["#", "lines", "a"])
def test_long_stretches_are_one_token_or_none(text: str) -> None:
    """A pattern that tried every way to split these would not come back."""
    assert len(read(text)) == (text[0] == "a")
