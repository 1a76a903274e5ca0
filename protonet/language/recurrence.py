"""`{type: Recurrent, block: step, over: …, carry: …, constant: …}`: a block along an axis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from protonet.language.block import INNER_KEYS, INSTANCE_KEYS, Block
from protonet.language.frames import Carried, Loop
from protonet.language.instance import Instance
from protonet.language.layout import Bottoms, Tops
from protonet.records import shortened, suggestion
from protonet.source import Marks

RECURRENT = "Recurrent"
ROLES = ("over", "carry", "constant")
"""Keys that say what the bottoms of the block are."""
_OWN = ("block", *ROLES, "axis", "reverse")
_KEYS = (*(key for key in INSTANCE_KEYS if key != "bottom"), *_OWN)
_FORMS = "write h_next, [h_next, h0] or [h_next, [32]]"

Data = dict[str, Any]
Path = tuple[str | int, ...]


class Recurrence(Instance):
    """A block, and the keys of the layer that applies it along an axis; see `Instance`."""

    def arguments(self, outer: Mapping[str, Any]) -> dict[str, Any]:
        """Return what `$` means inside, after a look at every key of the layer."""
        for name in self.block.args:
            if name in _OWN:
                why = f"{RECURRENT} has a key {name}, so it cannot be given the argument {name}"
                self._refuse("PN033", "block", why, "give the argument another name")
        return super().arguments(outer)

    def _check_keys(self) -> None:
        for key in self.data:
            if key in _KEYS or key in self.block.args:
                continue
            hint = suggestion(key, (*self.block.args, *_KEYS), most=20)
            if key == "bottom":
                hint = "over, carry and constant name what it reads"
            elif key in INNER_KEYS:
                hint = f"write it in the layers of block {self.block.name}"
            why = f"{RECURRENT} has no key {key}, and block {self.block.name} no such argument"
            self._refuse("PN012", key, why, hint, shortened(self.data[key]))

    def bottoms(self) -> Bottoms:
        """Return the names of the block's bottoms, of which each has one role."""
        self._check_blobs()
        if not self._has_maps():
            return ()
        given = [(role, name) for role in ROLES for name in self._map(role)]
        names = [name for _, name in given]
        for place, (role, name) in enumerate(given):
            if name not in self.block.bottoms:
                why = f"block {self.block.name} has no bottom {name}"
                self._refuse_at("PN033", (role, name), why, suggestion(name, self.block.bottoms))
            elif name in names[:place]:
                self._refuse_at("PN033", (role, name), f"the bottom {name} is given twice")
        for name in self.block.bottoms:
            if name not in names:
                why = f"the block's bottom {name} is given by none of {', '.join(ROLES)}"
                self._refuse("PN033", "block", why, "")
        if not self._map("over"):
            code, why = ("PN033", "it is empty") if "over" in self.data else ("PN011", "missing")
            self._refuse(code, "over", why, f"over: {{{self._any_bottom()}: blob}} goes along blob")
        return tuple((name, None) for name in self.block.bottoms)

    def _any_bottom(self) -> str:
        return next(iter(self.block.bottoms), "x")

    def _check_blobs(self) -> None:
        for role in ("over", "constant"):
            for name, blob in self._map(role).items():
                if not isinstance(blob, str) or not blob:
                    why = "the name of a blob is needed"
                    self._refuse_at("PN010", (role, name), why, got=shortened(blob))
        for name, value in self._map("carry").items():
            if _parts(value) is None:
                why = "what the next step gets is needed, and its first value if it has one"
                self._refuse_at("PN010", ("carry", name), why, _FORMS, shortened(value))

    def tops(self, local: str) -> Tops:
        """Return what is stacked along the axis: its name inside, and the one outside."""
        inside, carried = self._inner_tops(), self._map("carry")
        given = [local] if self.data.get("top") is None else self._given("top") or []
        if len(given) > len(inside) + len(carried):
            noun = "top" if len(inside) == 1 else "tops"
            why = f"block {self.block.name} gives {len(inside)} {noun} and carries {len(carried)}"
            hint = "the block's tops, then the last value of what is carried"
            self._refuse("PN025", "top", f"{why}, here {len(given)}", hint)
        return tuple(zip(inside, given, strict=False))

    def loop(self, layer: int) -> Loop:
        """Return how the block is applied by the layer at a position; for a use that is right."""
        places = {path: place for place, (path, _) in enumerate(self._reads())}
        over, constant = (
            tuple((name, places[role, name]) for name in self._map(role))
            for role in ("over", "constant")
        )
        carry = []
        for name, value in self._map("carry").items():
            source, first = _parts(value) or ("", None)
            shape = tuple(first) if isinstance(first, list) else None
            carry.append(Carried(name, source, places.get(("carry", name, 1)), shape))
        return Loop(layer, over, constant, tuple(carry))

    def layer(self) -> Data:
        """Return the keys of the layer itself, its bottoms in the order of `loop`."""
        keys = {key: value for key, value in self.data.items() if key not in self.block.args}
        return {**keys, "bottom": [blob for _, blob in self._reads()]}

    def _reads(self) -> Iterator[tuple[Path, str]]:
        """Yield the keys that name blobs around the layer, each with that blob."""
        for role in ("over", "constant"):
            yield from (((role, name), blob) for name, blob in self._map(role).items())
        for name, value in self._map("carry").items():
            _, first = _parts(value) or ("", None)
            if isinstance(first, str):
                yield ("carry", name, 1), first

    def _has_maps(self) -> bool:
        """Return whether every role is a map; what is none is refused."""
        wrong = [role for role in ROLES if not isinstance(self.data.get(role, {}), Mapping)]
        for role in wrong:
            hint = f"{role}: {{{self._any_bottom()}: blob}}"
            self._refuse("PN010", role, "a map is needed", hint, shortened(self.data[role]))
        return not wrong

    def _map(self, role: str) -> Mapping[str, Any]:
        value = self.data.get(role)
        return value if isinstance(value, Mapping) else {}

    def _refuse_at(self, code: str, path: Path, why: str, hint: str = "", got: str = "") -> None:
        about_key = code == "PN033"
        mark = self.marks.locate(path, key=about_key)
        self.refuse(code, mark, ".".join(map(str, path)), why, (hint, got))


def recurrence(
    data: Data, marks: Marks, name: str, trail: tuple[str, ...], blocks: Mapping[str, Block]
) -> Recurrence:
    """Return what a recurrent layer asks for; that there is no such block is among its problems.

    Args:
        data: the keys of the layer, expressions filled in.
        marks: where they stand.
        name: full name of the layer, for messages.
        trail: the uses of blocks around it, in words.
        blocks: the blocks by name.
    """
    written = data.get("block")
    block = blocks.get(written) if isinstance(written, str) else None
    made = Recurrence(block or Block("", {}, (), None, [], marks), data, marks, name, trail)
    if block is None:
        at = marks.children.get("block", marks).value
        if written is None:
            made.refuse("PN011", at, "block", "missing", ("the block that is applied", ""))
        elif isinstance(written, str):
            why, hint = f"there is no block {written}", suggestion(written, blocks)
            made.refuse("PN033", at, "block", why, (hint, ""))
        else:
            made.refuse("PN010", at, "block", "a text is needed", ("", shortened(written)))
    return made


def _parts(value: Any) -> tuple[str, str | list[Any] | None] | None:
    """Return what a value of `carry` says: the blob inside, and the first value's name, or the
    shape of zeros, or None for zeros of the right shape; None where it says nothing."""
    source, *first = value if isinstance(value, list) and value else [value]
    if not isinstance(source, str) or not source or len(first) > 1:
        return None
    if not first:
        return source, None
    is_name = isinstance(first[0], str) and first[0]
    is_shape = isinstance(first[0], list) and all(map(_is_axis, first[0]))
    return (source, first[0]) if is_name or is_shape else None


def _is_axis(value: object) -> bool:
    """Return whether a value may be an axis of a shape, as in the inputs of a net."""
    if isinstance(value, str):
        return value.isidentifier()
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def first_read(item: Mapping[str, Any]) -> Any:
    """Return what stands in for a layer that is off: what it reads first, as it is written."""
    over = item.get("over")
    if item.get("type") == RECURRENT and isinstance(over, Mapping):
        return next(iter(over.values()), None)
    return item.get("bottom")


def reading(data: Data, before: str) -> Data:
    """Return the keys of a repeated layer with what the one before it gives as its first bottom."""
    over = data.get("over")
    if data.get("type") == RECURRENT and isinstance(over, Mapping) and over:
        return {**data, "over": {**over, next(iter(over)): before}}
    written = data.get("bottom")
    if written is None:
        return data
    others = written[1:] if isinstance(written, list) else ()
    return {**data, "bottom": [before, *others]}
