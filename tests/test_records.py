from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from protonet.records import (
    Count,
    Flag,
    Fraction,
    Integer,
    NonNegative,
    Number,
    Positive,
    Record,
    Size,
    Text,
    catalogue,
    custom_error,
    few_suggestions,
    fields_of,
    nearest,
    restated,
    shortened,
    suggestion,
)


class Window(Record):
    """A window."""

    kernel_size: Count
    """Side, in pixels."""
    stride: Count = 1
    """Distance, in pixels."""


class Layer(Record):
    """A layer with a window."""

    window: Window
    bias_term: Flag = True

    @model_validator(mode="after")
    def _not_both(self) -> Layer:
        if self.window.stride > self.window.kernel_size and not self.bias_term:
            raise custom_error("PN015", "stride and bias_term clash", "drop {one}")
        return self


def complaints(kind: Any, value: object) -> list[tuple[str, str, str, str]]:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    return [
        (
            ".".join(map(str, error["loc"])),
            error["type"],
            error["msg"],
            error.get("ctx", {}).get("hint", ""),
        )
        for error in caught.value.errors(include_url=False)
    ]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Count, [1, 2**31 - 1]),
        (Size, [0, 5]),
        (Integer, [-3, 0]),
        (Number, [-1.5, 0, 1e-30, 7]),
        (Positive, [1e-30, 3]),
        (NonNegative, [0, 0.5]),
        (Fraction, [0, 0.5, 1]),
        (Flag, [True, False]),
        (Text, ["x", "3", "true"]),
    ],
)
def test_a_scalar_takes_what_it_is(kind: Any, values: list[object]) -> None:
    assert [TypeAdapter(kind).validate_python(value) for value in values] == values


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Count, [True, "3", 1.0, 1.5, None, 0, -1, 2**31, [1]]),
        (Size, [False, "0", 0.0, -1]),
        (Integer, [True, "3", 3.0, 2.5]),
        (Number, [True, "3", "1e-3", None, float("nan"), float("inf"), [1.0]]),
        (Positive, [True, "3", 0, -1, float("inf")]),
        (NonNegative, [False, "0", -0.1, float("nan")]),
        (Fraction, [True, "0.5", -0.1, 1.1, float("nan")]),
        (Flag, [0, 1, "true", "yes", None]),
        (Text, ["", 3, True, None]),
    ],
)
def test_a_scalar_converts_nothing(kind: Any, values: list[object]) -> None:
    for value in values:
        assert len(complaints(kind, value)) == 1, value


def test_what_is_no_number_is_told_so() -> None:
    assert complaints(Number, True) == [("", "float_type", "a number is needed", "")]


def test_an_unknown_key_is_refused_with_the_nearest_known_one() -> None:
    assert complaints(Window, {"kernel_size": 1, "stried": 2}) == [
        ("stried", "PN012", "unknown key", "did you mean stride?")
    ]
    assert complaints(Window, {"kernel_size": 1, "colour": 2}) == [
        ("colour", "PN012", "unknown key", "known: kernel_size, stride")
    ]


def test_the_nearest_key_is_sought_in_the_map_that_has_the_unknown_one() -> None:
    window = {"kernal_size": 1, "bias_term": True}
    assert complaints(Layer, {"window": window, "windw": 1}) == [
        ("window.kernel_size", "missing", "Field required", ""),
        ("window.kernal_size", "PN012", "unknown key", "did you mean kernel_size?"),
        ("window.bias_term", "PN012", "unknown key", "known: kernel_size, stride"),
        ("windw", "PN012", "unknown key", "did you mean window?"),
    ]


def test_an_error_of_ours_keeps_its_code_and_its_hint() -> None:
    assert complaints(Layer, {"window": {"kernel_size": 1, "stride": 2}, "bias_term": False}) == [
        ("", "PN015", "stride and bias_term clash", "drop {one}")
    ]


def test_errors_can_be_raised_again() -> None:
    with pytest.raises(ValidationError) as caught:
        Window.model_validate({"kernel_size": "{x}", "stride": -1, "pad": 0})
    errors = caught.value.errors(include_url=False)

    again = ValidationError.from_exception_data("other", restated(errors))

    assert again.errors(include_url=False) == [
        {**error, "ctx": {**error.get("ctx", {}), "msg": error["msg"]}} for error in errors
    ]


def test_a_record_cannot_be_changed() -> None:
    window = Window(kernel_size=3)
    with pytest.raises(ValidationError) as caught:
        window.stride = 2
    assert [error["type"] for error in caught.value.errors()] == ["frozen_instance"]
    assert window == Window(kernel_size=3)


def test_the_docstring_of_a_key_is_its_description() -> None:
    properties = Window.model_json_schema()["properties"]
    assert properties["stride"]["description"] == "Distance, in pixels."


def test_fields_are_listed_as_users_write_them() -> None:
    class Renamed(Record):
        kind: Annotated[Text, Field(alias="type")] = "x"

    assert list(fields_of(Renamed)) == ["type"]
    assert list(fields_of(Window)) == ["kernel_size", "stride"]


@dataclass(frozen=True)
class Entry:
    name: str


def test_a_table_finds_records_by_name_in_the_order_given() -> None:
    entries = [Entry("b"), Entry("a")]
    table = catalogue(iter(entries))
    assert list(table.items()) == [("b", entries[0]), ("a", entries[1])]
    with pytest.raises(TypeError):
        table["c"] = Entry("c")  # type: ignore[index]  # the refusal is what is tested


def test_a_table_refuses_two_records_of_one_name() -> None:
    with pytest.raises(ValueError, match=r"\Atwo records are named a\Z"):
        catalogue([Entry("a"), Entry("b"), Entry("a")])


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("kernal_size", ["kernel_size", "stride"], "kernel_size"),
        ("convolution", ["Convolution", "Deconvolution"], "Convolution"),
        ("RELU", ["ReLU", "PReLU"], "ReLU"),
        ("RELU", ["relu", "ReLU"], "ReLU"),
        ("colour", ["kernel_size", "stride"], None),
        ("x", [], None),
        (3, ["1", "2"], None),
        (12, ["123", "9"], "123"),
    ],
)
def test_the_nearest_name_is_found_whatever_its_case(
    name: object, known: list[str], found: str | None
) -> None:
    assert nearest(name, known) == found


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ([], "there is none"),
        (["b", "a"], "known: a, b"),
        ([f"k{number:02}" for number in range(12)], None),
        ([f"k{number:02}" for number in range(14)], None),
        (["colours"], "did you mean colours?"),
    ],
)
def test_a_suggestion_lists_what_is_known_where_nothing_is_near(
    known: list[str], text: str | None
) -> None:
    twelve = "known: " + ", ".join(f"k{number:02}" for number in range(12))
    expected = text or (twelve if len(known) == 12 else f"{twelve} and 2 more")
    assert suggestion("colour", known) == expected


def test_a_suggestion_lists_as_many_as_asked_for() -> None:
    assert suggestion("x", ["aa", "bb", "cc"], most=2) == "known: aa, bb and 1 more"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (5, "5"),
        (0.001, "0.001"),
        ("5", '"5"'),
        ('say "hi"\n', '"say \\"hi\\"\\n"'),
        ("größer", '"größer"'),
        ([1, "a", [False]], '[1, "a", [false]]'),
        ((1, 2), "[1, 2]"),
        ({"a": 1, "b": {"c": None}}, "{a: 1, b: {c: null}}"),
        ({}, "{}"),
        ("x" * 58, f'"{"x" * 58}"'),
        ("x" * 59, f'"{"x" * 58}…'),
        ([1] * 20, f"[{', '.join('1' * 20)}]"),
        ([1] * 21, f"[{'1, ' * 19}1…"),
        ({str(number): 0 for number in range(10**5)}, None),
    ],
)
def test_a_value_is_shown_as_one_writes_it_in_yaml(value: object, text: str | None) -> None:
    shown = "{0: 0, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 8: 0, 9: 0…"
    assert shortened(value) == (text or shown)
    assert len(shortened(value)) <= 60


def test_a_value_is_cut_where_one_asks() -> None:
    assert shortened("abcdef", 5) == '"abc…'


def test_of_very_many_names_those_nearest_in_the_alphabet_are_compared() -> None:
    names = [f"res{number:05d}/conv" for number in range(50_000)]
    assert nearest("res31234/covn", names) == "res31234/conv"
    assert nearest("zzz", names) is None


def test_of_very_many_suggestions_only_the_first_are_made() -> None:
    names = [f"layer{number}" for number in range(1_000)]
    with few_suggestions():
        made = [suggestion(f"layr{number}", names) for number in range(1_000)]
    # 1,000 names compared and a tenth of them for sorting: 150,000 / 1,100 is 136.4
    assert made[:137] == [f"did you mean layer{number}?" for number in range(137)]
    assert set(made[137:]) == {""}
    assert suggestion("layr5", names) == "did you mean layer5?"


def test_each_use_of_few_suggestions_begins_anew() -> None:
    names = [f"layer{number}" for number in range(2_000)]
    for _ in range(2):
        with few_suggestions():
            assert suggestion("layr7", names) == "did you mean layer7?"
            for number in range(200):
                suggestion(f"layr{number}", names)
            assert suggestion("layr7", names) == ""
