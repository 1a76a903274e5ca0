"""The catalogue of layer types as lines for people, and as plain data for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from protonet.look.catalogue import TypePage
from protonet.look.keys import REQUIRED, Key

_HEADINGS = {"layer": "Layers", "loss": "Losses", "metric": "Metrics"}
_PAGE = 100
"""Width of running text where no terminal says another."""
_MOST_NAMES = 12


def overview_lines(types: Mapping[str, Mapping[str, str]], width: int | None = None) -> list[str]:
    """Return every type on a line with what it does; without a width, long ones are not broken."""
    lines: list[str] = []
    room = max((len(name) for names in types.values() for name in names), default=0)
    for kind, names in types.items():
        lines += ["", _HEADINGS[kind]] if names else []
        for name, sentence in names.items():
            lines += hanging(f"  {name:<{room}}  ", sentence, width)
    return [*lines[1:], "", "protonet layers TYPE tells all of one."]


def page_lines(page: TypePage, width: int | None = None) -> list[str]:
    """Return all that there is to say of a type."""
    room = min(width or _PAGE, _PAGE)
    facts = [
        ("bottoms", page.bottoms),
        ("tops", page.tops),
        ("parameters", _names(page.parameters)),
        ("deployed", _deployed(page)),
    ]
    return [
        f"{page.name} ({page.kind})",
        "",
        *page.text.splitlines(),
        "",
        *(f"{name:<12}{text}" for name, text in facts),
        "",
        "keys" if page.keys else "no keys of its own",
        *key_lines(page.keys, room),
        "",
        "keys of every layer",
        *key_lines(page.common, room),
    ]


def page_data(page: TypePage) -> dict[str, Any]:
    """Return a page as plain data."""
    return asdict(page)


def _names(parameters: tuple[str, ...]) -> str:
    """Return the names of parameters; of the many that a stack of layers may have, the first."""
    if len(parameters) <= _MOST_NAMES:
        return ", ".join(parameters) or "none"
    shown = ", ".join(parameters[:_MOST_NAMES])
    return f"{shown} and, with more layers, {len(parameters) - _MOST_NAMES} more"


def _deployed(page: TypePage) -> str:
    if page.kind == "layer":
        return "as it is"
    return f"as {page.deploy}" if page.deploy else "left out"


def key_lines(keys: Iterable[Key], width: int) -> list[str]:
    """Return each key with its type, its default and what it means."""
    lines = []
    for key in keys:
        note = key.default if key.default in ("", REQUIRED) else f"default {key.default}"
        text = f"{key.type} ({note})" if note else key.type
        lines += hanging(f"  {key.name}: ", text, width, 6)
        lines += hanging("      ", key.description, width)
    return lines


def hanging(head: str, text: str, width: int | None, indent: int | None = None) -> list[str]:
    """Return a text after its head, later lines below its beginning or at an indent."""
    if width is None or len(head) + len(text) <= width:
        return [f"{head}{text}"]
    room = max(width, len(head) + 20)
    below = " " * (len(head) if indent is None else indent)
    return textwrap.wrap(text, room, initial_indent=head, subsequent_indent=below) or [head]
