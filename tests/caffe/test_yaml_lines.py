from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protonet.caffe.yaml_lines import block, entry, flow, remarks
from protonet.problems import SourceText
from protonet.source.yaml_text import read_yaml


def read(text: str) -> Any:
    return read_yaml(text, SourceText("x", tuple(text.splitlines()))).data


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"type": "gaussian", "std": 0.01}, "{type: gaussian, std: 0.01}"),
        ([1, 2.0, -0.5, 1e-5, True, None], "[1, 2, -0.5, 1e-05, true, null]"),
        ("conv2_1/x1-a", "conv2_1/x1-a"),
        ("two words", "two words"),
        ("1e3", '"1e3"'),
        ("true", '"true"'),
        ("no", '"no"'),
        ("-x", '"-x"'),
        ("a: b", '"a: b"'),
        ("", '""'),
        ("tab\there", '"tab\\there"'),
        ("caf\N{LATIN SMALL LETTER E WITH ACUTE}", '"caf\N{LATIN SMALL LETTER E WITH ACUTE}"'),
        ([math.inf, -math.inf], "[.inf, -.inf]"),
        (math.nan, ".nan"),
        (1e300, "1e+300"),
    ],
)
def test_values_are_written_as_people_do(value: Any, text: str) -> None:
    assert flow(value) == text


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
)


@given(
    st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), inner)
        ),
    )
)
def test_whatever_is_written_is_read_again(value: Any) -> None:
    assert read(f"x: {flow(value)}") == {"x": value}


def test_a_long_map_is_broken_between_its_keys() -> None:
    keys = {"name": "a" * 40, "type": "b" * 40, "std": 0.1, "last": {"x": 1}}

    lines = list(entry(keys, "  - "))

    assert lines == [
        f"  - {{name: {'a' * 40}, type: {'b' * 40},",
        "     std: 0.1, last: {x: 1}}",
    ]
    assert read("\n".join(lines)) == [keys]
    assert list(entry({"name": "a"}, "  - ")) == ["  - {name: a}"]


def test_a_long_set_has_a_line_for_each_key() -> None:
    keys = {"source": "s" * 80, "batch_size": 64}

    lines = list(block(keys, "train", "  "))

    assert lines == ["  train:", f"    source: {'s' * 80}", "    batch_size: 64"]
    assert list(block({"batch_size": 1}, "test", "")) == ["test: {batch_size: 1}"]


def test_remarks_are_comments() -> None:
    assert list(remarks([" one", ""], "  ")) == ["  # one", "  #"]
