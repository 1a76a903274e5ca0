"""A block: a named list of layers with arguments, `net.blocks.NAME`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from protonet.language.merge import PLACING
from protonet.language.names import is_name
from protonet.problems import Problem
from protonet.records import suggestion
from protonet.source import Marks

INSTANCE_KEYS = (
    *("name", "type", "bottom", "top", "phase", "include", "exclude", "frozen"),
    *("if", "repeat", "share"),
)
"""Keys that an instance has beside its block's arguments."""
INNER_KEYS = ("loss_weight", "param", "propagate_down")
"""Keys of layers that an instance does not have."""
_KEYS = ("args", "bottoms", "tops", "layers")


@dataclass(frozen=True, slots=True)
class Block:
    """One block as it was written.

    Attributes:
        name: as used for a type.
        args: every argument with its default; None means that it must be given.
        bottoms: names of what it reads, inside.
        tops: names of what it gives, inside; None for the first top of its last layer.
        layers: plain data; none where the block is wrong.
        marks: where it stands.
    """

    name: str
    args: dict[str, Any]
    bottoms: tuple[str, ...]
    tops: tuple[str, ...] | None
    layers: list[Any]
    marks: Marks


def read_blocks(data: Any, marks: Marks | None, problems: list[Problem]) -> dict[str, Block]:
    """Return the blocks of a net by name; what is wrong is added to the problems."""
    if data is None or marks is None:
        return {}
    if not isinstance(data, dict):
        problems.append(Problem("PN010", marks.value, "net.blocks", "a map is needed"))
        return {}
    blocks = {}
    for name, item in data.items():
        found = list(_problems(name, item, marks.children[name]))
        problems += found
        if found:  # of a block that is wrong nothing is known but its name
            blocks[name] = Block(name, {}, (), None, [], marks.children[name])
        else:
            blocks[name] = _block(name, item, marks.children[name])
    return blocks


def _block(name: str, item: dict[str, Any], marks: Marks) -> Block:
    args = item.get("args")
    tops = _names(item["tops"]) if item.get("tops") is not None else None
    bottoms = _names(item["bottoms"]) if item.get("bottoms") is not None else ("x",)
    known = args if isinstance(args, dict) else dict.fromkeys(_names(args))
    return Block(name, known, bottoms, tops, item["layers"], marks)


def _names(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    return tuple(item for item in listed if isinstance(item, str))


def first_name(value: Any) -> str | None:
    """Return the first of what `top` or `bottom` names; None where that is no text."""
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, str) else None


def _problems(name: str, item: Any, marks: Marks) -> Iterator[Problem]:
    path = f"net.blocks.{name}"
    if not isinstance(item, dict):
        hint = "a block is written {args: {…}, layers: […]}"
        yield Problem("PN010", marks.value, path, "a map is needed", "", hint)
        return
    for key in (key for key in item if key not in _KEYS):
        hint = suggestion(key, _KEYS)
        yield Problem("PN012", marks.children[key].key, f"{path}.{key}", "unknown key", "", hint)
    if not isinstance(item.get("layers"), list):
        found = marks.children.get("layers")
        code, why = ("PN010", "a list is needed") if found else ("PN011", "missing")
        yield Problem(code, found.value if found else marks.key, f"{path}.layers", why)
    elif not item["layers"]:
        mark = marks.children["layers"].value
        yield Problem("PN033", mark, f"{path}.layers", "a block has at least one layer")
    for key in ("bottoms", "tops"):
        if key in item and not _is_names(item[key]):
            mark = marks.children[key].value
            yield Problem("PN010", mark, f"{path}.{key}", "a list of names is needed")
    yield from _arg_problems(item.get("args"), marks.children.get("args"), f"{path}.args")


def _is_names(value: Any) -> bool:
    return isinstance(value, str | list) and len(_names(value)) == len(
        value if isinstance(value, list) else [value]
    )


def _arg_problems(args: Any, marks: Marks | None, path: str) -> Iterator[Problem]:
    if args is None or marks is None:
        return
    if not isinstance(args, dict) and not _is_names(args):
        yield Problem("PN010", marks.value, path, "a map is needed", "", "{out: , stride: 1}")
        return
    for position, name in enumerate(args if isinstance(args, dict) else _names(args)):
        place = marks.children.get(name if isinstance(args, dict) else position)
        mark = marks.value if place is None else (place.key or place.value)
        if name in (*INSTANCE_KEYS, *INNER_KEYS, *PLACING):
            why = f"{name} is a key that every layer has, so it can be no argument"
            yield Problem("PN033", mark, f"{path}.{name}", why)
        elif not is_name(name):
            why = f"{name} cannot be the name of an argument"
            yield Problem("PN033", mark, f"{path}.{name}", why)


def known_keys(block: Block) -> Iterable[str]:
    """Return every key that an instance of the block may have."""
    return (*block.args, *INSTANCE_KEYS)
