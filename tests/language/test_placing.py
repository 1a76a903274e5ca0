"""`after`, `before` and `remove` where no base is."""

from __future__ import annotations

from typing import Any

import pytest

from protonet.language.merge import Part
from protonet.language.placing import unplaced
from protonet.problems import Problem
from tests.specs import origin_of

PLACED = """\
net:
  blocks:
    b: {layers: [{name: x, type: ReLU, before: y}, {name: y, type: ReLU}]}
    c: 3
  layers:
    - {name: a, type: ReLU, after: b, before: c}
    - {name: d, remove: true}
    - {name: e, type: ReLU, remove: false}
    - {type: ReLU, after: a}
    - text
"""


def placed(text: str, *, quiet: bool = False) -> tuple[Any, list[Problem]]:
    """Return what is left of a text, and what is told."""
    problems: list[Problem] = []
    origin = origin_of(text)
    part = unplaced(Part(origin.data, origin.marks), None if quiet else problems)
    return part, problems


def test_every_such_key_is_told_at_its_place() -> None:
    _, problems = placed(PLACED)
    assert [(problem.path, str(problem.mark)) for problem in problems] == [
        ("net.layers.a.after", "net.yaml:6:29"),
        ("net.layers.a.before", "net.yaml:6:39"),
        ("net.layers.d.remove", "net.yaml:7:17"),
        ("net.layers.e.remove", "net.yaml:8:29"),
        ("net.blocks.b.layers.x.before", "net.yaml:3:40"),
    ]
    assert problems[0].render() == (
        "error[PN034] net.yaml:6:29 net.layers.a.after: after speaks of the layers of a base, and "
        "there are none\n"
        "    6 |     - {name: a, type: ReLU, after: b, before: c}\n"
        "      |                             ^^^^^\n"
        "      layers stand where they are written; or name the file to build on: base: FILE"
        "  see: protonet explain PN034"
    )


def test_the_layers_are_left_without_the_keys_and_keep_their_places_in_the_file() -> None:
    part, _ = placed(PLACED)
    assert part.data["net"] == {
        "blocks": {"b": {"layers": [{"name": "x", "type": "ReLU"}, origin_y()]}, "c": 3},
        "layers": [
            {"name": "a", "type": "ReLU"},
            {"name": "e", "type": "ReLU"},
            {"type": "ReLU", "after": "a"},  # that its name is missing is told first
            "text",
        ],
    }
    marks = part.marks.children["net"].children["layers"].children
    assert [str(marks[place].value) for place in range(4)] == [
        "net.yaml:6:7",
        "net.yaml:8:7",
        "net.yaml:9:7",
        "net.yaml:10:7",
    ]


def origin_y() -> dict[str, str]:
    return {"name": "y", "type": "ReLU"}


def test_nothing_is_told_where_the_base_could_not_be_read() -> None:
    loud, _ = placed(PLACED)
    quiet, problems = placed(PLACED, quiet=True)
    assert (quiet.data, problems) == (loud.data, [])


@pytest.mark.parametrize(
    "text",
    ["name: x\n", "net: 3\n", "net: {layers: 3, blocks: 4}\n", "net: {layers: [{name: a}]}\n"],
)
def test_a_spec_without_such_keys_is_left_as_it_is(text: str) -> None:
    origin = origin_of(text)
    given = Part(origin.data, origin.marks)
    assert unplaced(given, []) is given
