from __future__ import annotations

from protonet.look.catalogue import TypePage
from protonet.look.catalogue_text import overview_lines, page_data, page_lines
from protonet.look.keys import Key

PAGE = TypePage(
    "Half",
    "loss",
    "Halve each number.",
    "2; targets: bottom 2",
    "1",
    (),
    "Softmax",
    (
        Key("factor", "number > 0", "required", "What it is multiplied by."),
        Key("mode", "one | two", "one", "How."),
        Key("other", "text", "", "Left out: nothing."),
    ),
    (Key("name", "text", "required", "Name of the layer."),),
    "Halve each number.\n\nBottom: (N, …).\n    More.",
)


def test_a_page_for_people() -> None:
    assert page_lines(PAGE) == [
        "Half (loss)",
        "",
        "Halve each number.",
        "",
        "Bottom: (N, …).",
        "    More.",
        "",
        "bottoms     2; targets: bottom 2",
        "tops        1",
        "parameters  none",
        "deployed    as Softmax",
        "",
        "keys",
        "  factor: number > 0 (required)",
        "      What it is multiplied by.",
        "  mode: one | two (default one)",
        "      How.",
        "  other: text",
        "      Left out: nothing.",
        "",
        "keys of every layer",
        "  name: text (required)",
        "      Name of the layer.",
    ]


def test_descriptions_are_broken_where_the_terminal_ends() -> None:
    lines = page_lines(PAGE, 30)
    place = lines.index("  factor: number > 0")
    assert lines[place : place + 3] == [
        "  factor: number > 0",
        "      (required)",
        "      What it is multiplied",
    ]


def test_a_page_for_programs() -> None:
    data = page_data(PAGE)
    assert data["keys"][0] == {
        "name": "factor",
        "type": "number > 0",
        "default": "required",
        "description": "What it is multiplied by.",
    }


def test_the_overview_has_a_line_for_each_type() -> None:
    types = {"layer": {"A": "Do this.", "Longer": "Do a long, long thing."}, "loss": {}}
    assert overview_lines(types) == [
        "Layers",
        "  A       Do this.",
        "  Longer  Do a long, long thing.",
        "",
        "protonet layers TYPE tells all of one.",
    ]
    assert overview_lines(types, 30)[2:4] == ["  Longer  Do a long, long", "          thing."]
