"""Expressions: what they come to, and everything that is refused."""

from __future__ import annotations

from typing import Any

import pytest

from protonet.language.expression import ExpressionError, evaluate

NAMES: dict[str, Any] = {"n": 4, "half": 0.5, "wide": True, "sizes": [3, 5], "kind": "ReLU"}
WORDS = (
    "there are + - * / // % **, comparisons, and, or, not, a if c else b, list[index], "
    "min, max, round"
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 * (n + 1)", 10),
        ("n // 3", 1),
        ("n / 8", 0.5),
        ("n % 3", 1),
        ("-n ** 2", -16),
        ("n * half", 2.0),
        ("1 < n <= 4", True),
        ("n != 4 or not wide", False),
        ("wide and n > 3", True),
        ("8 if wide else 1 // 0", 8),
        ("'a' if kind == 'ReLU' else 'b'", "a"),
        ("sizes[0] + sizes[-1]", 8),
        ("min(n, 2, 7) + max(n, 9)", 11),
        ("round(2.567, 1)", 2.6),
        ("round(2.6)", 3),
        ("true and not false", True),
        ("2 ** -1", 0.5),
        ("sizes", [3, 5]),
        ("2 ** 63", 9223372036854775808),
    ],
)
def test_an_expression_comes_to_its_value(text: str, value: object) -> None:
    result = evaluate(text, NAMES)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("text", "why", "hint"),
    [
        ("9**9**9", "the power is too large", "whole numbers end at 2**64"),
        ("2**64", "the number is too large", "whole numbers end at 2**64"),
        ("1e308 * 10", "the number is too large", ""),
        ("1e999", "the number is too large", ""),
        ("10.0 ** 400", "the number is too large", ""),
        ("(-8) ** half", "a root of a number below 0", ""),
        ("n // 0", "a division by 0", ""),
        ("n % 0.0", "a division by 0", ""),
        ("0 ** -1", "a division by 0", ""),
        ("round(5, -1000000000000)", "round keeps at most 64 digits", ""),
        ("round(5, 1.5)", "round takes a number, and how many digits to keep", ""),
        ("min(1)", "min takes at least two numbers", ""),
        ("m", "no variable or argument is named m", "known: half, kind, n, sizes, wide"),
        ("siezs", "no variable or argument is named siezs", "did you mean sizes?"),
        ("n if n else 1", "n is 4, neither true nor false", "compare it: x > 0"),
        ("wide + 1", "wide is true, which is no number", ""),
        ("kind * 3", 'kind is "ReLU", which is no number', ""),
        ("n[0]", "n is no list", ""),
        ("sizes[2]", "sizes has 2 items, and no item 2", ""),
        ("sizes[half]", "half is no whole number", ""),
        ("2 n", "this is no expression", WORDS),
        ("", "this is no expression", WORDS),
        ("n := 3", "this is no expression", WORDS),
        ("n.real", "n.real is not allowed here", WORDS),
        ("sizes.append(1)", "sizes.append(1) is not allowed here", WORDS),
        ("__import__('os')", "__import__('os') is not allowed here", WORDS),
        ("(lambda: 1)()", "(lambda: 1)() is not allowed here", WORDS),
        ("[n for n in sizes]", "[n for n in sizes] is not allowed here", WORDS),
        ("f'{n}'", "f'{n}' is not allowed here", WORDS),
        ("n in sizes", "n in sizes is not allowed here", WORDS),
        ("sizes[0:1]", "0:1 is not allowed here", WORDS),
        ("1 << n", "1 << n is not allowed here", WORDS),
        ("~n", "~n is not allowed here", WORDS),
        ("None", "None is not allowed here", WORDS),
        ("2j", "2j is not allowed here", WORDS),
        ("min(*sizes)", "*sizes is not allowed here", WORDS),
        ("round(n, ndigits=1)", "round(n, ndigits=1) is not allowed here", WORDS),
        ("n" * 401, "the expression is longer than 400 characters", ""),
        ("+".join("1" * 100), "the expression has more than 120 parts", ""),
        ("(" * 190 + "1" + ")" * 209, "this is no expression", WORDS),
    ],
)
def test_what_cannot_be_computed_is_refused(text: str, why: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, NAMES)
    assert (caught.value.why, caught.value.hint) == (why, hint)


def test_a_name_may_be_asked_for_only_where_it_is_used() -> None:
    asked: list[int] = []

    def classes() -> int:
        asked.append(1)
        return 10

    names = {"data.classes": classes, "n": 1}
    assert evaluate("n", names) == 1
    assert asked == []
    assert evaluate("2 * data.classes", names) == 20
