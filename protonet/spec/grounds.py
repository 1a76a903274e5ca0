"""What can be seen while a net is wired, and what things are called there: inside the frame of an
instance, and without frames in the net or the step of a recurrent layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, takewhile

from protonet.records import suggestion
from protonet.spec.names import Room
from protonet.spec.nodes import FROM_INPUTS, FROM_NOTHING, FlatNames, Node, Value
from protonet.spec.own_names import OWN_INPUT, layer_and_top, own_output


@dataclass(slots=True)
class Sight:
    """What can be seen inside one frame, in one phase.

    Attributes:
        room: the names there.
        blobs: what they mean so far.
        first: what the frame was given, by its names there: `input:NAME`.
    """

    room: Room
    blobs: dict[str, Value] = field(default_factory=dict)
    first: dict[str, Value] = field(default_factory=dict)

    def begin(self, given: Mapping[str, Value]) -> None:
        """Take what the frame is given."""
        self.blobs.update(given)
        self.first.update(given)


@dataclass(slots=True)
class Ground:
    """What layers are put into: the net, or the step of a recurrent layer, which sees nothing of
    what is around it.

    Attributes:
        sight: the outermost sight that belongs to it.
        place: where it stands among all sights.
        nodes: the layers so far.
        own: their own outputs, by layer name and top.
        flat: what names mean where there are no frames but the outermost.
    """

    sight: Sight
    place: int = 0
    nodes: list[Node] = field(default_factory=list)
    own: dict[tuple[str, int], Value] = field(default_factory=dict)
    flat: dict[str, Value] = field(default_factory=dict)

    def begin(self, given: Mapping[str, Value]) -> None:
        """Take what the net, or the step, is given."""
        self.sight.begin(given)
        self.flat.update(given)

    def give(self, layer: str, tops: tuple[Value, ...]) -> None:
        """Take what a layer gives."""
        frame = self.sight.room.frame
        for place, top in enumerate(tops):
            self.own[layer, place] = top
            self.flat[frame.local(top.blob)] = top

    def names(self, value: Value, layer: str) -> FlatNames:
        """Return what means a value at this point where there are no frames, the plainest first.

        Args:
            value: the value.
            layer: full name of the layer that gave it.
        """
        if value.layer == FROM_NOTHING:
            return (value.blob,)
        frame = self.sight.room.frame
        local = frame.local(value.blob)
        found = [local] if self.flat.get(local) == value else []
        if value.layer == FROM_INPUTS and self.sight.first.get(local) == value:
            found.append(OWN_INPUT + local)
        if self.own.get((layer, value.top)) == value:
            found.append(own_output(frame.local(layer), value.top))
        return tuple(found)

    def layers(self) -> Iterator[str]:
        """Yield the full names of the layers that have given something."""
        return (layer for layer, place in self.own if place == 0)


def find_own(name: str, sight: Sight, ground: Ground) -> Value | None:
    """Return what `layer:NAME` or `input:NAME` means in a frame; None where it means nothing."""
    if name.startswith(OWN_INPUT):
        return sight.first.get(name.removeprefix(OWN_INPUT))
    layer, top = layer_and_top(name)
    return ground.own.get((sight.room.frame.full(layer), top))


def why_no_input(name: str, sight: Sight) -> tuple[str, str]:
    """Return why `input:NAME` means nothing, and what would be right."""
    asked = name.removeprefix(OWN_INPUT)
    what = "input of the net" if not sight.room.frame.name else "bottom of this block"
    return f"no {what} is named {asked}", suggestion(asked, sight.first)


def why_no_top(name: str, ground: Ground, full: str) -> tuple[str, str] | None:
    """Return why a layer that exists has no such top, and what would be right; None where there is
    no such layer."""
    tops = list(takewhile(lambda place: (full, place) in ground.own, count()))
    if not tops:
        return None
    local, top = layer_and_top(name)
    names = " and ".join(own_output(local, place) for place in tops)
    hint = f"its tops are {names}" if len(tops) > 1 else f"its only top is {names}"
    return f"layer {local} has no top {top}", hint
