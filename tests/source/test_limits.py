"""A text that is too long, too deep or unfolds too far is refused before anything is built."""

from __future__ import annotations

import pytest

from protonet.errors import SpecError
from protonet.problems import SourceText
from protonet.source.limits import MOST_CHARACTERS, MOST_DEPTH, MOST_ENTRIES, check_limits


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(SpecError) as caught:
        check_limits(text, SourceText("a.yaml", tuple(text.splitlines())))
    (problem,) = caught.value.problems
    assert (problem.code, caught.value.name) == ("PN004", "a.yaml")
    return str(problem.mark), problem.why


def check(text: str) -> None:
    check_limits(text, SourceText("a.yaml", tuple(text.splitlines())))


def test_sixty_levels_are_read_and_one_more_is_not() -> None:
    check("[" * MOST_DEPTH + "]" * MOST_DEPTH)
    assert refusal("[" * 61 + "]" * 61) == (
        "a.yaml:1:61",
        "lists and maps nest deeper than 60 levels",
    )


def test_a_depth_that_would_crash_the_parser_is_refused() -> None:
    assert refusal("[" * 1_000_000)[1] == "lists and maps nest deeper than 60 levels"


def test_depth_counts_what_is_open_not_what_has_been_closed() -> None:
    check("- [[1]]\n" * 100)


def test_aliases_that_unfold_to_a_million_values_are_refused() -> None:
    thousand = ", ".join(["x"] * 1000)
    text = f"a: &a [{thousand}]\nb: &b [{', '.join(['*a'] * 997)}]\n"
    check(text)  # 997 lists of 1,001 nodes, 997,997, and what is around them
    assert refusal(text + "c: [*b, *b]\n") == (
        "a.yaml:3:9",
        "the aliases unfold to more than 1,000,000 values",
    )


def test_many_aliases_of_a_small_map_are_read() -> None:
    check("a: &a {k: 1}\n" + "".join(f"b{n}: *a\n" for n in range(1000)))


@pytest.mark.parametrize(
    ("whole", "last", "place"),
    [
        ("- 1\n" * MOST_ENTRIES, "- 1\n", "a.yaml:25001:3"),
        ("k: 1\n" * MOST_ENTRIES, "l: 1\n", "a.yaml:25001:4"),
        (f"a: [{'[], ' * MOST_ENTRIES}", "x]\n", "a.yaml:1:100005"),
    ],
)
def test_a_list_or_map_of_more_than_twenty_five_thousand_entries_is_refused(
    whole: str, last: str, place: str
) -> None:
    check(whole)
    assert refusal(whole + last) == (place, "one map or list has more than 25,000 entries")


@pytest.mark.parametrize(
    ("text", "place", "name"),
    [
        ("&a [1, *a]", "a.yaml:1:8", "a"),
        ("k: &m\n  inner: {deep: *m}\n", "a.yaml:2:17", "m"),
    ],
)
def test_an_alias_inside_its_own_anchor_is_refused(text: str, place: str, name: str) -> None:
    assert refusal(text) == (place, f"*{name} stands inside &{name} itself, so it would never end")


def test_a_text_of_more_than_four_million_characters_is_refused() -> None:
    check("a" * MOST_CHARACTERS)
    assert refusal("a" * 4_000_001) == (
        "a.yaml:1:1",
        "the text has 4,000,001 characters; a spec has at most 4,000,000",
    )


def test_a_syntax_error_is_left_to_the_composer() -> None:
    check("a: [1\nb: }")
