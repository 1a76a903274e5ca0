from __future__ import annotations

import pytest

from protonet.errors import UsageError
from protonet.look.transforms import (
    transform_data,
    transform_lines,
    transform_page,
    transform_page_lines,
)
from protonet.transforms import TRANSFORMS


def test_a_page_has_all_of_a_type() -> None:
    page = transform_page("Rotate")

    assert page.sentence == (
        "Turn each image about its centre by an angle of its own, in every phase."
    )
    assert [key.name for key in page.keys] == ["degrees", "interpolation", "fill", "probability"]
    assert [key.default for key in page.keys] == ["required", "nearest", "0.0", "1.0"]
    assert page.keys[0].type == "number, or list of numbers"


@pytest.mark.parametrize("name", TRANSFORMS)
def test_every_page_says_what_is_taken_and_given(name: str) -> None:
    page = transform_page(name)

    assert page.sentence.endswith(".")
    assert "\n\nTakes" in page.text
    assert all(key.description for key in page.keys)


def test_every_type_stands_on_a_line() -> None:
    lines = transform_lines(width=80)

    listed = [line.split()[0] for line in lines if line[:2] == "  " and line[2:3].isupper()]
    assert listed == sorted(TRANSFORMS, key=str.lower)
    assert all(len(line) <= 80 for line in lines)
    assert "  mirror: true | false (default false)" in lines
    assert lines[-1] == "protonet transforms TYPE tells all of one."


def test_a_page_is_told_in_lines() -> None:
    lines = transform_page_lines(transform_page("OneHot"))

    assert lines[0] == "OneHot"
    assert lines[-1] == "no keys"


def test_it_is_told_as_plain_data() -> None:
    assert transform_data(None).keys() == TRANSFORMS.keys()
    assert transform_data("Crop")["keys"][0]["name"] == "size"


def test_refuses_an_unknown_name() -> None:
    with pytest.raises(UsageError) as caught:
        transform_page("Crpo")
    assert str(caught.value) == "Crpo: unknown transform; did you mean Crop?"
