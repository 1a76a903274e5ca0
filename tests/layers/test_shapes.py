from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from protonet.layers.shapes import NewShape, OneShape, Shapes
from protonet.records import Record
from tests.layers.building import complaints


class Written(Record):
    """One key of each kind."""

    one: OneShape = ()
    """One shape."""
    new: NewShape = ()
    """One shape in terms of another."""
    several: Shapes = ()
    """One or several."""


def several(written: object) -> tuple[tuple[int, ...], ...]:
    """Return what stands for one or more shapes."""
    return TypeAdapter(Shapes).validate_python(written)


@pytest.mark.parametrize("written", [[2, 3], (2, 3), {"dim": [2, 3]}])
def test_a_shape_is_a_list_or_caffes_map(written: Any) -> None:
    assert Written(one=written).one == (2, 3)
    assert Written(several=written).several == ((2, 3),)


def test_several_shapes_are_a_list_of_them() -> None:
    assert several([[2], {"dim": [3]}, []]) == ((2,), (3,), ())
    assert several([]) == ((),)  # one shape without axes


def test_one_of_several_is_written_bare() -> None:
    assert TypeAdapter(Shapes).dump_python(((2, 3),)) == [2, 3]
    assert TypeAdapter(Shapes).dump_python(((2,), (3,))) == [[2], [3]]


def test_new_sizes_may_be_zero_and_minus_one() -> None:
    assert TypeAdapter(NewShape).validate_python({"dim": [0, -1, 2]}) == (0, -1, 2)


@pytest.mark.parametrize("key", ["one", "new", "several"])
@pytest.mark.parametrize("written", [3, "2, 3", {"dims": [2]}])
def test_refuses_what_is_no_list(key: str, written: Any) -> None:
    assert complaints(Written, **{key: written}) == [
        (key, "PN010", "a shape is a list of sizes", "[1, 3, 224, 224]")
    ]


@pytest.mark.parametrize(
    ("key", "written", "where", "kind"),
    [
        ("one", [2, 0], "one.1", "greater_than"),
        ("one", [2, 2**31], "one.1", "less_than_equal"),
        ("new", [-2], "new.0", "greater_than_equal"),
        ("several", [2, True], "several.1", "int_type"),
        ("several", [[2], [3, -1]], "several.1.1", "greater_than"),
    ],
)
def test_a_size_is_refused_at_its_place(key: str, written: Any, where: str, kind: str) -> None:
    ((found, problem, _, _),) = complaints(Written, **{key: written})
    assert (found, problem) == (where, kind)
