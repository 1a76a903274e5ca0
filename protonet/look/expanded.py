"""A spec without blocks, variables and chaining, as plain data that loads again to the same net."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from protonet.language import WHEN, Frame, Loop
from protonet.look.aliases import NET
from protonet.look.flat_names import FlatNaming
from protonet.schema import Spec
from protonet.spec.net import NetSpec


def expanded_data(spec: Spec) -> dict[str, Any]:
    """Return a spec as plain data: every layer under its full name, with the bottoms that it reads.

    What is left of blocks are those that are applied along an axis, each with one use. Texts stand
    as they are meant; `escaped` writes them as the language does.
    """
    written = spec.expanded.data
    flat = Flat(spec.net, written["net"]["layers"]).data()
    net = {**{key: value for key, value in written["net"].items() if key not in flat}, **flat}
    data = {**written, "net": net}
    data.setdefault("name", spec.run_name)
    return {key: data[key] for key in ("name", "data", "net", "solver") if key in data}


class Flat:
    """The layers of a net without blocks, but for the steps of recurrent layers.

    Args:
        net: the net.
        written: the plain data of its layers, blocks expanded.
    """

    def __init__(self, net: NetSpec, written: Sequence[Mapping[str, Any]]) -> None:
        self.written = written
        self.naming = FlatNaming(net)
        self.blocks: dict[str, Any] = {}
        self._loops = {
            frame.loop.layer: (ground, frame)
            for ground, frame in enumerate(net.plan.frames)
            if frame.loop is not None
        }

    def data(self) -> dict[str, Any]:
        """Return the blocks that are left, if there are any, and the layers."""
        layers = self._layers(range(len(self.written)), NET)
        return {**({"blocks": self.blocks} if self.blocks else {}), "layers": layers}

    def _layers(self, places: range, ground: int) -> list[dict[str, Any]]:
        """Return the layers at these places, and the names kept between them, but for those in the
        steps of recurrent ones there."""
        kept, found = self._kept(ground), list[dict[str, Any]]()
        steps = [self._loops[place][1].layers for place in places if place in self._loops]
        for place in places:
            found += kept.get(place, ())
            if not any(place in step for step in steps):
                found.append(self._layer(place, ground))
        return [*found, *kept.get(places.stop, ())]

    def _kept(self, ground: int) -> dict[int, list[dict[str, Any]]]:
        """Return the names kept in front of each layer, by its position."""
        kept = self.naming.aliases.before(ground)
        if ground == NET:
            return kept
        recurrent = self.written[_loop(self.naming.aliases.frame(ground)).layer]
        return {
            place: [_unless_passed_on(item, recurrent) for item in items]
            for place, items in kept.items()
        }

    def _layer(self, place: int, ground: int) -> dict[str, Any]:
        """Return a layer's keys, name, type, bottom and top first."""
        keys, reads = dict(self.written[place]), self.naming.reads.get(place)
        if place in self._loops:
            keys = self._recurrent(place, keys)
        elif reads:
            keys["bottom"] = reads[0] if len(reads) == 1 else list(reads)
        if ground != NET:
            frame = self.naming.aliases.frame(ground)
            keys = _inside(keys, frame, self.written[_loop(frame).layer])
        first = [key for key in ("name", "type", "bottom", "top") if key in keys]
        return {key: keys[key] for key in (*first, *(key for key in keys if key not in first))}

    def _recurrent(self, place: int, keys: dict[str, Any]) -> dict[str, Any]:
        """Return the keys of a recurrent layer, and keep its block."""
        (ground, frame), block = self._loops[place], f"{keys['name']}/step"
        roles = self.naming.roles.get(place)
        if roles is not None:
            self.blocks[block] = {
                "bottoms": [name for name, _ in frame.bottoms],
                "tops": list(roles.tops),
                "layers": self._layers(frame.layers, ground),
            }
            keys |= {"block": block, **roles.data()}
        return {key: value for key, value in keys.items() if key not in ("bottom", "share")}


def _loop(frame: Frame) -> Loop:
    if frame.loop is None:
        raise ValueError(f"{frame.name} is applied once")
    return frame.loop


def _unless_passed_on(keys: dict[str, Any], recurrent: Mapping[str, Any]) -> dict[str, Any]:
    """Return keys of the inside of a step without those that the recurrent layer passes on."""
    passed_on = {key: _listed(recurrent[key]) for key in WHEN if key in recurrent}
    return {key: value for key, value in keys.items() if passed_on.get(key) != _listed(value)}


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _inside(keys: dict[str, Any], frame: Frame, recurrent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a layer in the step of a recurrent layer, which passes some on to it."""
    keys = _unless_passed_on(keys, recurrent)
    keys["name"] = frame.local(keys["name"])
    if "top" in keys:
        top = keys["top"]
        keys["top"] = frame.local(top) if isinstance(top, str) else [*map(frame.local, top)]
    if isinstance(keys.get("share"), str):
        other = keys["share"]
        keys["share"] = frame.local(other) if other.startswith(frame.prefix) else f"/{other}"
    return keys


def escaped(value: Any) -> Any:
    """Return plain data in which a dollar is written as the language writes it."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: escaped(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [escaped(item) for item in value]
    return value
