from __future__ import annotations

from typing import Any

import pytest

from protonet.caffe.text_format import Message, Scalar, parse
from protonet.errors import SpecError

NAME = "net.prototxt"


def plain(message: Message) -> list[tuple[str, Any]]:
    """Return a tree as nested lists of names and values."""
    return [
        (field.name, field.value.value if isinstance(field.value, Scalar) else plain(field.value))
        for field in message.fields
    ]


def refusal(text: str) -> str:
    with pytest.raises(SpecError) as error:
        parse(text, NAME)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", []),
        ('name: "a"', [("name", "a")]),
        ("a: 1 b: -2.5 c: X", [("a", 1), ("b", -2.5), ("c", "X")]),
        ("a { b: 1 }", [("a", [("b", 1)])]),
        ("a: { b: 1 }", [("a", [("b", 1)])]),
        ("a < b: 1 >", [("a", [("b", 1)])]),
        ("a: 1, b: 2; c: 3", [("a", 1), ("b", 2), ("c", 3)]),
        ("a: [1, 2]", [("a", 1), ("a", 2)]),
        ("a: []", []),
        ("a [{ b: 1 }, { b: 2 }]", [("a", [("b", 1)]), ("a", [("b", 2)])]),
        ("a: 'one ' \"two\"", [("a", "one two")]),
        ("a: -inf", [("a", float("-inf"))]),
        ("\ufeffa: 1", [("a", 1)]),
        ("a { } a { }", [("a", []), ("a", [])]),
    ],
)
def test_a_text_becomes_its_tree(text: str, tree: list[tuple[str, Any]]) -> None:
    assert plain(parse(text, NAME)) == tree


def test_fields_of_one_name_are_found_in_order() -> None:
    fields = parse("a: 1 b: 2 a: 3", NAME).named("a")

    assert [field.value for field in fields if isinstance(field.value, Scalar)] == [
        field.value for field in fields
    ]
    assert plain(Message(fields, fields[0].mark)) == [("a", 1), ("a", 3)]


def test_names_and_values_know_their_places() -> None:
    (field,) = parse("layer {\n  pad: -12\n}", NAME).fields
    assert isinstance(field.value, Message)
    (pad,) = field.value.fields

    assert str(field.mark) == "net.prototxt:1:1"
    assert str(field.value.mark) == "net.prototxt:1:7"
    assert str(pad.mark) == "net.prototxt:2:3"
    assert (pad.value.mark.column, pad.value.mark.end) == (8, 11)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "layer {\n  a: 1",
            """\
error[PN050] net.prototxt:1:7: this { is never closed
    1 | layer {
      |       ^
      a } is missing                            see: protonet explain PN050
1 error in net.prototxt""",
        ),
        (
            "a: 1 }",
            """\
error[PN050] net.prototxt:1:6: this } closes nothing
    1 | a: 1 }
      |      ^
      see: protonet explain PN050
1 error in net.prototxt""",
        ),
        (
            "a { b: 1 >",
            """\
error[PN050] net.prototxt:1:10: this > closes nothing
    1 | a { b: 1 >
      |          ^
      the { of line 1 is still open             see: protonet explain PN050
1 error in net.prototxt""",
        ),
        (
            "a b: 1",
            """\
error[PN050] net.prototxt:1:3: a has no value
    1 | a b: 1
      |   ^
      write a: value or a { … }                 see: protonet explain PN050
1 error in net.prototxt""",
        ),
        (
            'a: 1 "b": 2',
            """\
error[PN050] net.prototxt:1:6: the name of a field is needed, not "b"
    1 | a: 1 "b": 2
      |      ^^^
      see: protonet explain PN050
1 error in net.prototxt""",
        ),
        (
            "a: [1 2]",
            """\
error[PN050] net.prototxt:1:4: this list is never closed
    1 | a: [1 2]
      |    ^
      found 2 instead of , or ]                 see: protonet explain PN050
1 error in net.prototxt""",
        ),
        (
            "a [1]",
            """\
error[PN050] net.prototxt:1:4: a colon is missing after a
    1 | a [1]
      |    ^
      see: protonet explain PN050
1 error in net.prototxt""",
        ),
        (
            "a:",
            """\
error[PN050] net.prototxt:1:3: a value is needed, not the end of the file
    1 | a:
      |   ^
      see: protonet explain PN050
1 error in net.prototxt""",
        ),
        (
            "a: -b",
            """\
error[PN050] net.prototxt:1:5: a number is needed after -, not b
    1 | a: -b
      |     ^
      see: protonet explain PN050
1 error in net.prototxt""",
        ),
        (
            "a{" * 101,
            f"""\
error[PN004] net.prototxt:1:202: messages nest deeper than 100 levels
    1 | {("a{" * 101)[101:]}
      | {" " * 100}^
      see: protonet explain PN004
1 error in net.prototxt""",
        ),
    ],
    ids=[
        *("never closed", "closes nothing", "wrong bracket", "no value", "quoted name"),
        *("open list", "no colon", "end", "minus", "deep"),
    ],
)
def test_what_is_no_text_format_is_refused(text: str, message: str) -> None:
    assert refusal(text) == message


def test_a_text_beyond_all_nets_is_refused_unread() -> None:
    assert refusal(" " * 4_000_001) == (
        "error[PN004] net.prototxt:1:1: the file is larger than 4,000,000 characters\n"
        "    1 | \n"
        "      | ^\n"
        "      see: protonet explain PN004\n"
        "1 error in net.prototxt"
    )
