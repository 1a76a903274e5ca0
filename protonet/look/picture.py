"""A net as boxes, arrows and frames, before anything is laid out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from protonet.look.families import family, is_attached, key_numbers
from protonet.look.forms import Proved
from protonet.look.opened import Opened, opened
from protonet.net.axes import Axes
from protonet.spec.net import BATCH
from protonet.spec.wiring import FROM_INPUTS, Node, Value

Frames = tuple[str, ...]
"""The blocks that something stands in, outermost first."""
_FEWEST = 3
"""Layers of a net without blocks that have the first words of their names in common are framed
from this many on."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box.

    Attributes:
        key: unique.
        title: what it is called inside its frames.
        lines: what stands below the title.
        family: decides the colour; `input` and `output` for the ends of the net.
        frames: where it stands.
    """

    key: str
    title: str
    lines: tuple[str, ...]
    family: str
    frames: Frames = ()


@dataclass(frozen=True, slots=True)
class Arrow:
    """A blob on its way from the box that gives it to one that reads it; one that `returns` is read
    in the next step of a recurrent layer."""

    source: str
    target: str
    label: str
    returns: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A net to be drawn."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def picture(proved: Proved, title: str, open_frames: int | None = None) -> Picture:
    """Return the picture of one phase of a net.

    Args:
        proved: the net.
        title: written above it.
        open_frames: how many levels of blocks are shown with what is in them; a deeper block is one
            box. None: all.
    """
    steps = opened(proved)
    net, frames = steps.net, frames_of(steps.net)
    hosts = _hosts(net, frames)
    depth = max(map(len, frames), default=0) if open_frames is None else open_frames
    keys = [_key(frames[place], host, depth) for place, host in enumerate(hosts)]
    sources = {value: f"input {value.blob}" for value, _ in net.wiring.inputs.values()}
    for key, node in zip(keys, net.wiring.nodes, strict=True):
        sources.update(dict.fromkeys(node.tops, key))
    inner = _unframed(list(_boxes(net, frames, keys, depth)))
    boxes = [*_inputs(proved), *inner, *_outputs(proved)]
    arrows = [*_arrows(steps, keys, sources), *_outward(proved, sources)]
    return Picture(title, tuple(boxes), tuple(arrows))


def frames_of(proved: Proved) -> list[Frames]:
    """Return the blocks that each layer stands in: those that made it, else, where the net has
    none, what the names of several layers begin with (`inception_3a/…`)."""
    nodes = proved.wiring.nodes
    made = [node.layer.instances for node in nodes]
    if any(made):
        return made
    heads = [_heads(node.layer.name) for node in nodes]
    counts = Counter(head for names in heads for head in names)
    return [tuple(head for head in names if counts[head] >= _FEWEST) for names in heads]


def _heads(name: str) -> Frames:
    """Return `a` and `a/b` for a layer `a/b/c`."""
    words = name.split("/")
    return tuple("/".join(words[:count]) for count in range(1, len(words)))


def _hosts(proved: Proved, frames: list[Frames]) -> list[int]:
    """Return for each layer the position of the one whose box it shares: its own, or that of the
    only layer that it reads, which nothing else reads."""
    nodes = proved.wiring.nodes
    givers = {top: position for position, node in enumerate(nodes) for top in node.tops}
    readers = Counter(bottom for node in nodes for bottom in node.bottoms)
    hosts: list[int] = []
    for position, node in enumerate(nodes):
        giver = givers.get(node.bottoms[0]) if len(node.bottoms) == 1 else None
        joins = (
            giver is not None
            and is_attached(node.layer.type)
            and readers[node.bottoms[0]] == 1
            and len(nodes[giver].tops) == len(node.tops) == 1
            and frames[giver] == frames[position]
            and proved.layers[nodes[giver].layer.type].kind == "layer"
        )
        hosts.append(hosts[giver] if joins and giver is not None else position)
    return hosts


def _key(frames: Frames, host: int, depth: int) -> str:
    """Return the key of the box that a layer is in: its own, its host's, or a block's."""
    return " ".join(("block", *frames[: depth + 1])) if len(frames) > depth else f"layer {host}"


def _inputs(proved: Proved) -> Iterator[Box]:
    for name in proved.wiring.read_inputs():
        value, _ = proved.wiring.inputs[name]
        yield Box(f"input {value.blob}", name, (sample_shape(proved.axes(value)),), "input")


def _outputs(proved: Proved) -> Iterator[Box]:
    for value in _results(proved):
        shape = sample_shape(proved.axes(value))
        yield Box(f"output {value.blob} {value.layer}", value.blob, (shape,), "output")


def _results(proved: Proved) -> list[Value]:
    """Return the tops that nothing reads, but for those of losses and metrics."""
    unread = set(proved.wiring.unread())
    layers = [
        node for node in proved.wiring.nodes if proved.layers[node.layer.type].kind == "layer"
    ]
    return [top for node in layers for top in node.tops if top in unread]


def _boxes(proved: Proved, frames: list[Frames], keys: list[str], depth: int) -> Iterator[Box]:
    """Yield a box for each key, at the place of its first layer."""
    members: dict[str, list[int]] = {}
    for position, key in enumerate(keys):
        members.setdefault(key, []).append(position)
    for key, positions in members.items():
        around = frames[positions[0]]
        if len(around) > depth:
            yield _block(key, around, len(positions), depth)
        else:
            yield _layers(proved, key, positions, around)


def _unframed(boxes: list[Box]) -> Iterator[Box]:
    """Yield the boxes; one that is alone in its frame takes the frame's name and place."""
    counts = Counter(box.frames[:depth] for box in boxes for depth in range(1, len(box.frames) + 1))
    for box in boxes:
        while box.frames and counts[box.frames] == 1:
            *outer, name = box.frames
            box = replace(box, title=_inside(name, tuple(outer)), frames=tuple(outer))
        yield box


def _block(key: str, frames: Frames, count: int, depth: int) -> Box:
    outside = frames[:depth]
    title = _inside(frames[depth], outside)
    return Box(key, title, (f"{count} layer{'' if count == 1 else 's'}",), "block", outside)


def _layers(proved: Proved, key: str, positions: list[int], frames: Frames) -> Box:
    nodes = [proved.wiring.nodes[position] for position in positions]
    first = nodes[0].layer
    attached = " + ".join(_line(node) for node in nodes[1:])
    lines = tuple(filter(None, (_line(nodes[0]), attached)))
    kind = family(first.type, proved.layers[first.type])
    return Box(key, _inside(first.name, frames), lines, kind, frames)


def _line(node: Node) -> str:
    return " ".join(filter(None, (node.layer.type, key_numbers(node.layer.params))))


def _inside(name: str, frames: Frames) -> str:
    """Return a name without the block's, which its frame bears."""
    return name.removeprefix(f"{frames[-1]}/") if frames else name


def _arrows(steps: Opened, keys: list[str], sources: Mapping[Value, str]) -> Iterator[Arrow]:
    net, returns = steps.net, steps.returns
    several = {top for node in net.wiring.nodes if len(node.tops) > 1 for top in node.tops}
    drawn: set[tuple[Value, str]] = set()
    for key, node in zip(keys, net.wiring.nodes, strict=True):
        for value in node.bottoms:
            source = sources.get(returns.get(value, value), key)
            is_inside = source == key and value not in returns
            if not is_inside and (value, key) not in drawn:
                drawn.add((value, key))
                is_back = value in returns
                label = value.blob if is_back else _label(net, value, value in several)
                yield Arrow(source, key, label, is_back)


def _outward(proved: Proved, sources: Mapping[Value, str]) -> Iterator[Arrow]:
    for value in _results(proved):
        yield Arrow(sources[value], f"output {value.blob} {value.layer}", "")


def _label(proved: Proved, value: Value, named: bool) -> str:
    if value.layer == FROM_INPUTS:
        return ""  # it stands in the input's own box
    shape = sample_shape(proved.axes(value))
    return f"{value.blob}: {shape}" if named else shape


def sample_shape(axes: Axes) -> str:
    """Return axes as they are written on an arrow, without the batch axis in front.

    >>> sample_shape(("N", 64, 56, 56)), sample_shape(("T", "N", 4)), sample_shape(("N",))
    ('64×56×56', 'T×N×4', 'scalar')
    """
    rest = axes[1:] if axes[:1] == (BATCH,) else axes
    return "×".join(map(str, rest)) or "scalar"
