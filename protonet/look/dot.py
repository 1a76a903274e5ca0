"""A picture in the language of Graphviz, which many programs lay out and draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Literal

from protonet.look.families import COLOURS
from protonet.look.picture import Arrow, Box, Frames, Picture

RankDir = Literal["TB", "LR", "BT"]
FONT = "Helvetica"
_INK, _FAINT = "#1f2933", "#66727f"
_FRAME_FILLS = ("#f7f9fb", "#eef2f6")
_END = "#ffffff"


def dot_text(drawn: Picture, rankdir: RankDir = "TB") -> str:
    """Return a picture as a digraph of Graphviz.

    Args:
        drawn: boxes and arrows.
        rankdir: data flow from top to bottom (TB), from left to right (LR) or upwards (BT).
    """
    names = {box.key: f"n{number}" for number, box in enumerate(drawn.boxes)}
    lines = [
        "digraph net {",
        f"  graph [rankdir={rankdir}, label={_quoted(drawn.title)}, labelloc=t, fontsize=16,"
        f' fontname="{FONT}", fontcolor="{_INK}", nodesep=0.25, ranksep=0.35, pad=0.2];',
        f'  node [shape=box, style="rounded,filled", fontname="{FONT}", fontsize=11,'
        f' fontcolor="{_INK}", color="#8894a0", margin="0.12,0.06", height=0.3];',
        f'  edge [fontname="{FONT}", fontsize=9, fontcolor="{_FAINT}", color="{_FAINT}",'
        " arrowsize=0.6];",
        *_framed(drawn.boxes, (), names),
        *(_arrow(arrow, names) for arrow in drawn.arrows),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _framed(boxes: Sequence[Box], frame: Frames, names: dict[str, str]) -> Iterator[str]:
    """Yield the boxes inside a frame, and the frames inside it with theirs."""
    depth, indent = len(frame), "  " * (len(frame) + 1)
    inside = [box for box in boxes if box.frames[:depth] == frame]
    yield from (f"{indent}{_box(box, names)}" for box in inside if len(box.frames) == depth)
    for name in dict.fromkeys(box.frames[depth] for box in inside if len(box.frames) > depth):
        fill = _FRAME_FILLS[depth % 2]
        short = name.removeprefix(f"{frame[-1]}/") if frame else name
        yield f"{indent}subgraph {_quoted(' '.join(('cluster', *frame, name)))} {{"
        yield f"{indent}  label={_quoted(short)}; fontsize=12; labeljust=l; margin=10;"
        yield f'{indent}  style="rounded,filled"; fillcolor="{fill}"; color="#c5ced6";'
        yield from _framed(inside, (*frame, name), names)
        yield f"{indent}}}"


def _box(box: Box, names: dict[str, str]) -> str:
    text = f"<b>{escape(box.title)}</b>" + "".join(
        f'<br/><font point-size="9.5">{escape(line)}</font>' for line in box.lines
    )
    is_end = box.family in ("input", "output")
    fill = _END if is_end else COLOURS[box.family]
    shape = ', shape=oval, margin="0.05,0.03"' if is_end else ""
    return f'{names[box.key]} [label=<{text}>, fillcolor="{fill}"{shape}];'


def _arrow(arrow: Arrow, names: dict[str, str]) -> str:
    words = [f"label={_quoted(f' {arrow.label} ')}"] if arrow.label else []
    if arrow.returns:
        words += ["style=dashed", "constraint=false"]
    label = f" [{', '.join(words)}]" if words else ""
    return f"  {names[arrow.source]} -> {names[arrow.target]}{label};"


def _quoted(text: str) -> str:
    """Return a text as a quoted string; only the quote and the backslash mean something in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
