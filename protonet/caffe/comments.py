"""The comments of a prototxt, each with what it stands above or in."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

WHOLE = 0
"""In the place of a line: the whole file."""

_PART = re.compile(
    r"""  (?P<text> "(?:\\.|[^"\\\n])*+" | '(?:\\.|[^'\\\n])*+' )
        | (?P<comment> \#[^\n]*+ ) | (?P<open> [{<] ) | (?P<close> [}>] ) | (?P<line> \n )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment.

    Attributes:
        line: where it stands, counted from 1.
        depth: how many messages are open around it.
        text: what it says, without the sign.
        is_alone: whether nothing stands before it in its line.
    """

    line: int
    depth: int
    text: str
    is_alone: bool


def comments(text: str) -> Iterator[Comment]:
    """Yield the comments of a text that was read without an error."""
    line, depth, line_start = 1, 0, 0
    for match in _PART.finditer(text):
        match match.lastgroup:
            case "comment":
                alone = not text[line_start : match.start()].strip()
                yield Comment(line, depth, match.group()[1:].rstrip(), alone)
            case "open":
                depth += 1
            case "close":
                depth -= 1
            case "line":
                line, line_start = line + 1, match.end()


def attached(text: str, starts: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
    """Return the comments of a text by the field that they belong to.

    One that stands alone between two fields belongs to the one below; one behind a field, or inside
    it, to that field. What stands below the last one belongs to it; what stands above the first,
    and apart from it, to the whole file.

    Args:
        text: the prototxt.
        starts: the lines in which the outermost fields begin, in their order.

    Returns: by such a line, or `WHOLE`, what is said, a text for each line.
    """
    found: dict[int, list[str]] = {}
    apart = _apart(text.split("\n"), starts)
    for comment in comments(text):
        said = _printable(comment.text)
        if said.strip("# "):
            owner = WHOLE if comment.line <= apart else _owner(comment, starts)
            found.setdefault(owner, []).append(said)
    return {line: tuple(said) for line, said in found.items()}


def _apart(lines: Sequence[str], starts: Sequence[int]) -> int:
    """Return the last empty line above the first field; 0 where there is none."""
    above = range(1, starts[0] if starts else 1)
    return max((line for line in above if not lines[line - 1].strip()), default=0)


def _owner(comment: Comment, starts: Sequence[int]) -> int:
    """Return the line of the field that a comment belongs to."""
    place = bisect_right(starts, comment.line)
    is_between = comment.depth == 0 and comment.is_alone
    if place == 0 or (is_between and place < len(starts)):
        return starts[place] if place < len(starts) else WHOLE
    return starts[place - 1]


def _printable(text: str) -> str:
    """Return a comment in one line that YAML can hold."""
    return "".join(letter if letter.isprintable() else " " for letter in text).rstrip()
