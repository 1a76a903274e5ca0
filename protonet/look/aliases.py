"""Names that blocks give to blobs which are called otherwise without them, kept where nothing else
means the same in every phase.

A layer that is left out passes its first bottom through under its name; so a name can be kept by
`{name: body, if: false, bottom: body_2}`, which is no layer of the net.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from protonet.language import Enter, Frame, Leave, Run
from protonet.spec.names import ROOT, Names
from protonet.spec.own_names import OWN_INPUT, OWN_OUTPUT, is_own, layer_and_top, own_output
from protonet.spec.state import Rule

NET = -1
"""Stands for the net itself among the places of frames."""
Place = tuple[int, str]
"""A full name, and where it means something: the net, or the step of the loop at this place."""


@dataclass(frozen=True, slots=True)
class Alias:
    """One time that a name is given to a blob which exists.

    Attributes:
        new, old: full names.
        frame: place of the frame by which it happens.
        ground: the net, or the place of the loop in whose step it happens.
        layer: position of the layer in front of which it happens.
    """

    new: str
    old: str
    frame: int
    ground: int
    layer: int


class Aliases:
    """The names that are kept.

    Args:
        names: what the bottoms of the net are called.
    """

    def __init__(self, names: Names) -> None:
        self._names, self._frames = names, names.net.plan.frames
        self._giving = [alias for alias in self._all() if alias.new != alias.old]
        self.kept: set[Place] = set()

    def keep(self, place: Place) -> None:
        """Keep a name, and those that it stands for."""
        given: dict[Place, list[Place]] = defaultdict(list)
        for alias in self._giving:
            given[alias.ground, alias.new].append((alias.ground, alias.old))
        asked = [place]
        while asked:
            place = asked.pop()
            if place in given and place not in self.kept:
                self.kept.add(place)
                asked += given[place]

    def before(self, ground: int) -> dict[int, list[dict[str, Any]]]:
        """Return what has to be written in front of each layer of a ground, by its position."""
        frame, found = self.frame(ground), defaultdict[int, list[dict[str, Any]]](list)
        for alias in self._giving:
            if alias.ground == ground and (ground, alias.new) in self.kept:
                new, old = frame.local(alias.new), local(frame, alias.old)
                item = {"name": new, "if": False, "bottom": old}
                found[alias.layer] += [{**item, **when} for when in self._when(alias.frame)]
        return found

    def _when(self, place: int) -> list[dict[str, Any]]:
        """Return keys that say when a frame is there; where there are several, for one of them."""
        net, frame = self._names.net, self._frames[place]
        if not frame.layers:
            return [dict(frame.when)]
        each: list[dict[str, Any]] = []
        for layer in (net.layers[index] for index in frame.layers):
            keys: dict[str, Any] = {"include": layer.include, "exclude": layer.exclude}
            keys = {key: value for key, value in keys.items() if value}
            keys |= {} if layer.phase is None else {"phase": layer.phase}
            if not keys:
                return [{}]
            each += [] if keys in each else [keys]
        return [{key: _plain(value) for key, value in keys.items()} for keys in each]

    def frame(self, ground: int) -> Frame:
        """Return the frame of the net, or of a loop."""
        return ROOT if ground == NET else self._frames[ground]

    def _all(self) -> Iterator[Alias]:
        """Yield every time that a name is given to a blob which exists, in order."""
        stack, grounds, layer = [NET], [NET], 0
        for step in self._names.net.plan.steps:
            match step:
                case Run(layer):
                    layer += 1
                case Enter(place):
                    is_loop = self._frames[place].loop is not None
                    grounds += [place] if is_loop else []
                    if not is_loop and self._frames[place].layers:
                        yield from self._entered(place, stack[-1], (place, grounds[-1], layer))
                    stack.append(place)
                case Leave(place):
                    stack.pop()
                    if self._frames[place].loop is not None:
                        grounds.pop()
                    else:
                        yield from self._left(place, stack[-1], (place, grounds[-1], layer))

    def _entered(self, place: int, around: int, at: tuple[int, int, int]) -> Iterator[Alias]:
        inside, outside = self.frame(place), self.frame(around)
        for inner, outer in self._names.frame_bottoms[place]:
            old = full(outside, outer)
            yield Alias(inside.full(inner), old, *at)
            yield Alias(inside.prefix + OWN_INPUT + inner, old, *at)

    def _left(self, place: int, around: int, at: tuple[int, int, int]) -> Iterator[Alias]:
        inside, outside = self.frame(place), self.frame(around)
        renamed = dict(self._names.frame_bottoms[place])
        for inner, outer in inside.tops if inside.is_known else ():
            if inside.layers:
                yield Alias(outside.full(outer), inside.full(inner), *at)
            elif inner in renamed:
                yield Alias(outside.full(outer), full(outside, renamed[inner]), *at)


def _plain(values: tuple[Any, ...]) -> list[Any]:
    """Return phases, or rules, as they are written."""
    return [
        value.model_dump(exclude_unset=True, mode="json") if isinstance(value, Rule) else value
        for value in values
    ]


def full(frame: Frame, name: str) -> str:
    """Return a name of the inside, which may be `layer:NAME`, as it is called outside of all."""
    if name.startswith(OWN_OUTPUT):
        layer, top = layer_and_top(name)
        return own_output(frame.full(layer), top)
    is_input = name.startswith(OWN_INPUT) and (frame.loop is not None or not frame.name)
    return name if is_input else frame.full(name)


def local(frame: Frame, name: str) -> str:
    """Return a full name, which may be `layer:NAME`, as it is called inside."""
    if name.startswith(OWN_OUTPUT):
        layer, top = layer_and_top(name)
        return own_output(frame.local(layer), top)
    return name if is_own(name) else frame.local(name)
