"""YAML 1.2 texts become plain data and marks."""

from __future__ import annotations

import math
from typing import Any

import pytest

from protonet.errors import SpecError
from protonet.problems import SourceText
from protonet.source.yaml_text import Reading, read_yaml, scalar


def read(text: str) -> Reading:
    return read_yaml(text, SourceText("a.yaml", tuple(text.splitlines())))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12),
        ("+12", 12),
        ("-3", -3),
        ("0", 0),
        ("-0", 0),
        ("0o17", 15),  # 8 + 7
        ("0x1F", 31),  # 16 + 15
        ("0.5", 0.5),
        (".5", 0.5),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        ("+1.5e+2", 150.0),
        ("00.5", 0.5),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("+.INF", math.inf),
        ("true", True),
        ("TRUE", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
    ],
)
def test_a_plain_scalar_means_what_yaml_1_2_says(text: str, expected: object) -> None:
    value = scalar(text)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    "text",
    ["no", "yes", "on", "off", "y", "n", "2001-01-01", "1_000", "12:30:45", "0b11", "-0o7", "1e"]
    + ["e3", ".", "inf", "nan", "tRUE", "0x", "12px", "1.2.3"],
)
def test_what_yaml_1_2_calls_no_number_is_a_text(text: str) -> None:
    assert scalar(text) == text


def test_nan_is_a_number() -> None:
    assert math.isnan(scalar(".nan"))


def test_quoted_scalars_and_blocks_are_texts() -> None:
    text = "a: '12'\nb: \"true\"\nc: |\n  12\nd: >-\n  null\ne: '012'\n"
    assert read(text).data == {"a": "12", "b": "true", "c": "12\n", "d": "null", "e": "012"}


def test_keys_are_texts_whatever_they_look_like() -> None:
    assert read("1: a\ntrue: b\nnull: c\n012: d\n").data == {
        "1": "a",
        "true": "b",
        "null": "c",
        "012": "d",
    }


def test_an_alias_is_a_copy() -> None:
    data = read("a: &x {k: [1]}\nb: *x\n").data
    data["a"]["k"].append(2)
    assert data == {"a": {"k": [1, 2]}, "b": {"k": [1]}}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_are_read(line_end: str) -> None:
    reading = read(line_end.join(["a: 1", "b:", "  - 2", "  - c: 3", ""]))
    assert reading.data == {"a": 1, "b": [2, {"c": 3}]}
    assert str(reading.marks.locate(("b", 1, "c"))) == "a.yaml:4:8"


def test_every_node_has_its_place() -> None:
    marks = read("net:\n  layers:\n    - {name: conv1, size: [3, 5]}\n").marks
    places = {
        (): "a.yaml:1:1",
        ("net",): "a.yaml:2:3",
        ("net", "layers"): "a.yaml:3:5",
        ("net", "layers", 0): "a.yaml:3:7",
        ("net", "layers", 0, "name"): "a.yaml:3:14",
        ("net", "layers", 0, "size", 1): "a.yaml:3:31",
    }
    assert {path: str(marks.locate(path)) for path in places} == places


def test_a_mark_covers_the_value_and_ends_with_its_first_line() -> None:
    marks = read("a: hello\nb:\n  c: 1\n  d: 2\n").marks
    assert [(m.column, m.end) for m in (marks.locate(("a",)), marks.locate(("b",)))] == [
        (4, 9),
        (3, 7),
    ]


def test_columns_count_characters_not_bytes() -> None:
    assert str(read("größe: {übung: 1}\n").marks.locate(("größe", "übung"))) == "a.yaml:1:16"


def complaints(text: str) -> list[tuple[str, str, str]]:
    return [
        (problem.code, str(problem.mark), f"{problem.why}; {problem.hint}")
        for problem in read(text).problems
    ]


def test_repeated_keys_ambiguous_numbers_and_tags_are_all_collected() -> None:
    text = "a: 010\nb: {c: 1, c: -007}\nd: !!timestamp 2001-01-01\n? [x]\n: 1\n<<: {e: 1}\n"
    assert complaints(text) == [
        (
            "PN003",
            "a.yaml:1:4",
            "010 is ambiguous: a leading zero; write 10, or quote it if it is a text",
        ),
        ("PN002", "a.yaml:2:11", "the key c is repeated; it stands first in line 2"),
        (
            "PN003",
            "a.yaml:2:14",
            "-007 is ambiguous: a leading zero; write -7, or quote it if it is a text",
        ),
        (
            "PN001",
            "a.yaml:3:4",
            "tags such as tag:yaml.org,2002:timestamp are not used here; leave the tag out",
        ),
        ("PN001", "a.yaml:4:3", "a key is a word, not a list or a map; "),
        (
            "PN001",
            "a.yaml:6:1",
            "the merge key << is YAML 1.1, and does nothing in YAML 1.2; "
            "net.defaults holds what layers have in common",
        ),
    ]


def test_an_ambiguous_number_is_read_without_its_zero() -> None:
    assert read("a: 012\n").data == {"a": 12}


def test_an_ambiguous_number_of_thousands_of_digits_is_told() -> None:
    # Python itself refuses to turn more than 4,300 digits into a number
    (problem,) = read(f"a: 0{'1' * 5000}\n").problems
    assert (problem.code, problem.why, problem.hint) == (
        "PN003",
        f"0{'1' * 39}… is ambiguous: a leading zero",
        "quote it if it is a text",
    )


def test_a_quoted_merge_key_is_a_key() -> None:
    reading = read("'<<': 1\n")
    assert (reading.data, reading.problems) == ({"<<": 1}, ())


def refusal(text: str) -> tuple[str, str, str, str]:
    with pytest.raises(SpecError) as caught:
        read(text)
    (problem,) = caught.value.problems
    return problem.code, str(problem.mark), problem.why, problem.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a:\n\tb: 1\n",
            ("PN001", "a.yaml:2:1", "a tab cannot stand here", "indent with spaces"),
        ),
        (
            "a: [1,\n",  # the parser is past the end: the last character is shown
            (
                "PN001",
                "a.yaml:1:7",
                "did not find expected node content",
                "while parsing a flow node, which starts at line 2",
            ),
        ),
        (
            "ä: 1\nb: ü\x07\n",
            ("PN001", "a.yaml:2:5", "control characters are not allowed", ""),
        ),
        (
            "a: 1\n\x07b: 2\n",
            ("PN001", "a.yaml:2:1", "control characters are not allowed", ""),
        ),
        (
            "a: 'b\nc: 1\n",
            (
                "PN001",
                "a.yaml:2:5",
                "found unexpected end of stream",
                "while scanning a quoted scalar, which starts at line 1",
            ),
        ),
        ("", ("PN005", "a.yaml:1:1", "the file is empty", "a spec is a map: net: …")),
        (
            "# only a comment\n",
            ("PN005", "a.yaml:1:1", "the file is empty", "a spec is a map: net: …"),
        ),
    ],
)
def test_what_ends_the_reading_is_told_with_its_place(text: str, expected: tuple[str, ...]) -> None:
    assert refusal(text) == expected


@pytest.mark.parametrize("text", ["a: {b: 1}", "- [1, {c: 2}]", "just a text", "a: |\n  x\n"])
def test_plain_data_is_only_what_yaml_has(text: str) -> None:
    def kinds(value: Any) -> set[type]:
        below = value.values() if isinstance(value, dict) else value
        inner = [kinds(item) for item in below] if isinstance(value, dict | list) else []
        return {type(value)}.union(*inner)

    assert kinds(read(text).data) <= {dict, list, str, int}
