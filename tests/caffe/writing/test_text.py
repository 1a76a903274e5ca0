from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protonet.caffe.text_format import Scalar, parse
from protonet.caffe.writing.text import text_of
from protonet.caffe.writing.tree import group, message, number, text, word


def test_a_message_is_written_a_field_a_line() -> None:
    inner = group("convolution_param", [number("num_output", 20), word("engine", "CAFFE")])
    made = message([text("name", "conv1"), group("layer", [inner]), number("lr", 1e-05)])

    assert text_of(made) == (
        'name: "conv1"\n'
        "layer {\n"
        "  convolution_param {\n"
        "    num_output: 20\n"
        "    engine: CAFFE\n"
        "  }\n"
        "}\n"
        "lr: 1e-05\n"
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('a "b" \\ \n\t', r'"a \"b\" \\ \n\t"'),
        ("café", r'"caf\303\251"'),
        ("\x01", r'"\001"'),
    ],
)
def test_a_text_is_escaped_as_protobuf_does(value: str, written: str) -> None:
    assert text_of(message([text("a", value)])) == f"a: {written}\n"


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_text_comes_back(value: str) -> None:
    (field,) = parse(text_of(message([text("a", value)])), "").fields

    assert isinstance(field.value, Scalar)
    assert field.value.value == value


@pytest.mark.parametrize("value", [1, -3, 0.1, 1e-30, 3.5e20, math.inf, -math.inf])
def test_any_number_comes_back(value: float) -> None:
    (field,) = parse(text_of(message([number("a", value)])), "").fields

    assert isinstance(field.value, Scalar)
    assert float(field.value.value) == value
