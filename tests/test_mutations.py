"""Valid specs, spoilt in thousands of ways: never a traceback, never silence on an unknown key,
always a place that exists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from protonet.errors import SpecError, UsageError
from protonet.net import prove_phases
from protonet.problems import CODES, Problem
from protonet.run.loading import load
from protonet.schema import located, warnings_of
from tests.valid_specs import BASE, SPECS

CHOSEN = {("data",), ("vars",), ("net", "inputs"), ("net", "blocks")}
"""Maps whose keys are names that the user chooses; so are a block's args."""

Step = str | int
Place = tuple[Step, ...]
Node = object
"""A scalar, a list, or a map as a tuple of entries: the keys of a spoilt one may repeat."""

REPLACEMENTS: tuple[Node, ...] = (
    *(None, True, "", "text", 0, -1, 7, 10**30, 0.5, 1e400, [], (), ["x", 1], "é\u2028\t", "0x1f"),
    *(
        *((("type", "constant"), ("value", 2)), [[1]], [None], "10%", "3 epochs", "2h", "."),
        *("$", "$(", "$()", "$nothing", "$(1 / 0)", "$(width", "$width", "$(wide[9])", "$(-2)"),
        *("$(2 ** 70)", "$('a' * 9)", "$(__import__('os'))", "$(width.x)", "$data.classes"),
        *("a $width b $(", "$(1 if)", "$$", "$(wide)", "$(not 1)", "$(1 < 'a')", "$i"),
    ),
)
STRAYS = "{}[]:,-#&*!|>'\"%@`$ \t\n\0\ufeff\u2028\x85\U0001f600?~é\\="


def tree(value: object) -> Node:
    """Return plain data with maps as tuples of entries."""
    if isinstance(value, dict):
        return tuple((str(key), tree(item)) for key, item in value.items())
    return [tree(item) for item in value] if isinstance(value, list) else value


@cache
def root_of(text: str) -> Node:
    """Return a spec's text as a tree."""
    return tree(yaml.safe_load(text))


def written(node: Node, *, depth: int = 0) -> str:
    """Return a tree as YAML of one entry a line down to the third level."""
    between = ",\n" + " " * depth if depth < 3 else ", "
    if isinstance(node, tuple):
        entries = (f"{json.dumps(key)}: {written(item, depth=depth + 1)}" for key, item in node)
        return "{" + between.join(entries) + "}"
    if isinstance(node, list):
        return "[" + between.join(written(item, depth=depth + 1) for item in node) + "]"
    return json.dumps(node, ensure_ascii=False).replace("Infinity", ".inf")


def places(node: Node, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Yield the positions of all nodes below the root."""
    items = [item for _, item in node] if isinstance(node, tuple) else node
    for index, item in enumerate(items if isinstance(items, list) else ()):
        yield (*path, index)
        yield from places(item, (*path, index))


def words(node: Node, path: tuple[int, ...]) -> Place:
    """Return a position as a path of keys and indices."""
    found: list[Step] = []
    for index in path:
        found.append(node[index][0] if isinstance(node, tuple) else index)
        node = at(node, (index,))
    return tuple(found)


def at(node: Node, path: tuple[int, ...]) -> Node:
    """Return the node at a position."""
    for index in path:
        node = node[index][1] if isinstance(node, tuple) else node[index]  # type: ignore[index]  # a list
    return node


def put(node: Node, path: tuple[int, ...], entries: list[tuple[str | None, Node]]) -> Node:
    """Return a tree with the entry at a position replaced by these; a key None is the old one."""
    index, *rest = path
    is_map = isinstance(node, tuple)
    items = list(node) if isinstance(node, tuple | list) else []
    if rest:
        below = put(at(node, (index,)), tuple(rest), entries)
        items[index] = (items[index][0], below) if is_map else below
    else:
        old = items[index][0] if is_map else ""
        items[index : index + 1] = [
            (old if key is None else key, item) if is_map else item for key, item in entries
        ]
    return tuple(items) if is_map else items


@st.composite
def spoilt(draw: st.DrawFn, text: str) -> str:
    """A spec's text with one to three mistakes in its tree, and perhaps some in its letters."""
    root = root_of(text)
    for _ in range(draw(st.integers(0, 3))):
        known = list(places(root))
        if known:
            root = _spoil(draw, root, known)
    result = written(root) if draw(st.booleans()) else text
    match draw(st.sampled_from(("whole", "whole", "cut", "stray", "drop"))):
        case "cut":
            result = result[: draw(st.integers(0, len(result)))]
        case "stray":
            place = draw(st.integers(0, len(result)))
            result = result[:place] + draw(st.text(STRAYS, max_size=3)) + result[place:]
        case "drop":
            place = draw(st.integers(0, len(result)))
            result = result[:place] + result[place + draw(st.integers(1, 4)) :]
    return result


def _spoil(draw: st.DrawFn, root: Node, known: list[tuple[int, ...]]) -> Node:
    path = draw(st.sampled_from(known))
    value = at(root, path)
    match draw(st.sampled_from(("drop", "rename", "swap", "retype", "repeat", "wrap"))):
        case "drop":
            return put(root, path, [])
        case "rename":
            return put(root, path, [(draw(st.sampled_from(("nmae", "type", "", "x.y"))), value)])
        case "swap":
            return put(root, path, [(None, at(root, draw(st.sampled_from(known))))])
        case "repeat":
            return put(root, path, [(None, value), (None, value)])
        case "wrap":
            return put(root, path, [(None, [value])])
    return put(root, path, [(None, draw(st.sampled_from(REPLACEMENTS)))])


def problems_of(folder: Path, text: str) -> list[Problem]:
    """Return what `protonet check` finds wrong with a text; any other exception is a failure."""
    path = folder / "spec.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        spec = load(path)
        with located(spec):
            prove_phases(spec.net, [data.stage for data in spec.data.values() if data.stage])
        assert all(map(_stands_well, warnings_of(spec)))
    except UsageError:
        return []
    except SpecError as error:
        found, told = error.problems, str(error)
    else:
        return []
    assert found
    assert told.strip()
    assert all(map(_stands_well, found))
    return list(found)


def _stands_well(problem: Problem) -> bool:
    assert problem.code in CODES
    assert problem.render()
    json.dumps(problem.as_data(), allow_nan=False)
    mark = problem.mark
    assert mark is not None
    lines = mark.source.lines or ("",)  # an empty file is shown at its beginning
    assert 1 <= mark.line <= len(lines), problem
    assert 1 <= mark.column <= len(lines[mark.line - 1]) + 1, problem
    assert mark.column <= mark.end, problem
    return True


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE, "utf-8")
    return tmp_path


@pytest.mark.parametrize("text", SPECS.values(), ids=SPECS)
def test_the_specs_are_valid_before_they_are_spoilt(folder: Path, text: str) -> None:
    assert problems_of(folder, text) == []
    assert problems_of(folder, written(root_of(text))) == []


@pytest.mark.slow
@pytest.mark.parametrize("text", SPECS.values(), ids=SPECS)
def test_a_spoilt_spec_never_ends_in_a_traceback_and_every_place_exists(
    folder: Path, text: str
) -> None:
    @settings(derandomize=True, max_examples=500, deadline=None, database=None)
    @given(spoilt(text))
    def holds(changed: str) -> None:
        problems_of(folder, changed)

    holds()


@pytest.mark.parametrize("text", SPECS.values(), ids=SPECS)
def test_a_misspelt_key_is_never_taken_silently(folder: Path, text: str) -> None:
    root = root_of(text)
    tried = 0
    for path in places(root):
        place = words(root, path)
        key, above = place[-1], place[:-1]
        if isinstance(key, int) or above in CHOSEN or above[-1:] == ("args",):
            continue
        wrong = f"{key[:-1]}q{key[-1]}"
        assert problems_of(folder, written(put(root, path, [(wrong, at(root, path))]))), place
        tried += 1
    assert tried > 30
