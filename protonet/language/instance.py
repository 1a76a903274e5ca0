"""One use of a block: its arguments, bottoms and tops, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from protonet.language.block import INNER_KEYS, INSTANCE_KEYS, Block, first_name, known_keys
from protonet.language.frames import OWN_NAME
from protonet.language.layout import Bottoms, Tops
from protonet.language.substitute import Substitution
from protonet.problems import Mark, Problem
from protonet.records import shortened, suggestion
from protonet.source import Marks

Data = dict[str, Any]
MOST_BLOCKS = 50
"""Blocks that may be used inside each other in a row."""


class Instance:
    """A block, and the keys that it is used with.

    Args:
        block: the block.
        data: the keys of the layer that uses it, expressions filled in.
        marks: where they stand.
        name: full name of the instance, for messages.
        trail: the uses of blocks around it, in words.

    Attributes:
        problems: what is wrong with the use.
    """

    def __init__(
        self, block: Block, data: Data, marks: Marks, name: str, trail: tuple[str, ...]
    ) -> None:
        self.block, self.data, self.marks = block, data, marks
        self.path, self.trail = f"net.layers.{name}", trail
        self.problems: list[Problem] = []

    def is_possible(self, local: str, chain: list[str]) -> bool:
        """Return whether the block can be used here at all.

        Args:
            local: the instance's name inside the block around it.
            chain: the blocks around it, the outermost first.
        """
        if not local:
            self._refuse("PN013", "name", "the text is empty", "")
        elif "." in local and local != OWN_NAME:
            hint = "dots separate the words of a path; use / or _"
            self._refuse("PN022", "name", f"the name {local} has a dot", hint)
        elif self.block.name in chain:
            names = " → ".join([*chain, self.block.name])
            self._refuse("PN033", "type", f"a block contains itself: {names}", "")
        elif len(chain) >= MOST_BLOCKS:
            why = f"more than {MOST_BLOCKS} blocks stand inside each other"
            self._refuse("PN033", "type", why, "")
        return not self.problems

    def arguments(self, outer: Mapping[str, Any]) -> dict[str, Any]:
        """Return what `$` means inside: the net's variables, and the arguments over them.

        Args:
            outer: the names that the defaults of arguments may use.
        """
        self._check_keys()
        names = dict(outer)
        for name, default in self.block.args.items():
            if name in self.data:
                names[name] = self.data[name]
            elif default is None:
                hint = f"block {self.block.name} needs it"
                self._refuse("PN011", name, "missing", hint)
                names[name] = None
            else:
                marks = self.block.marks.children["args"].children.get(name, self.marks)
                where = f"net.blocks.{self.block.name}.args.{name}"
                names[name] = Substitution(names, self.problems).value(default, marks, where)
        return names

    def _check_keys(self) -> None:
        for key in self.data:
            if key in self.block.args or key in INSTANCE_KEYS:
                continue
            if key in INNER_KEYS:
                hint = f"write it in the layers of block {self.block.name}"
                self._refuse("PN012", key, f"{key} is a key of layers, not of blocks", hint)
            else:
                hint = suggestion(key, known_keys(self.block), most=20)
                got = shortened(self.data[key])
                self._refuse(
                    "PN012", key, f"block {self.block.name} has no argument {key}", hint, got
                )

    def bottoms(self) -> Bottoms:
        """Return what each bottom of the block means in the scope around it."""
        inside = self.block.bottoms
        if self.data.get("bottom") is None:
            if len(inside) > 1:
                why = f"block {self.block.name} reads {len(inside)} bottoms, {', '.join(inside)}"
                self._refuse("PN024", "bottom", why, "write bottom: [...]")
            return tuple((name, None) for name in inside[:1])
        given = self._given("bottom")
        if given is None:
            return ()
        if len(given) != len(inside):
            noun = "bottom" if len(inside) == 1 else "bottoms"
            why = f"block {self.block.name} reads {len(inside)} {noun}, here {len(given)}"
            self._refuse("PN024", "bottom", why, f"inside they are {', '.join(inside) or 'none'}")
        return tuple(zip(inside, given, strict=False))

    def tops(self, local: str) -> Tops:
        """Return what the scope around it sees of the instance, which is called `local` there."""
        inside = self._inner_tops()
        if self.data.get("top") is None:
            return tuple((name, local) for name in inside[:1])
        given = self._given("top")
        if given is None:
            return ()
        if len(given) > len(inside):
            noun = "top" if len(inside) == 1 else "tops"
            why = f"block {self.block.name} gives {len(inside)} {noun}, here {len(given)}"
            self._refuse("PN025", "top", why, "")
        return tuple(zip(inside, given, strict=False))

    def _given(self, key: str) -> list[str] | None:
        """Return the names that `bottom` or `top` lists; None where that is no list of names."""
        written = self.data[key]
        given = [written] if isinstance(written, str) else written
        if isinstance(given, list) and all(isinstance(item, str) for item in given):
            return given
        self._refuse("PN010", key, "a list of names is needed", "")
        return None

    def _inner_tops(self) -> tuple[str, ...]:
        """Return the names of what the block gives, inside."""
        if self.block.tops is not None:
            return self.block.tops
        last = self.block.layers[-1] if self.block.layers else None
        if not isinstance(last, dict):
            return ()
        first = first_name(last.get("top", last.get("name", OWN_NAME)))
        return () if first is None else (first,)

    def _refuse(self, code: str, key: str, why: str, hint: str, got: str = "") -> None:
        place = self.marks.children.get(key)
        mark = self.marks.value
        if place is not None:
            mark = (place.key if code == "PN012" else None) or place.value
        self.refuse(code, mark, key, why, (hint, got))

    def refuse(self, code: str, mark: Mark, path: str, why: str, more: tuple[str, str]) -> None:
        """Keep a problem at a path below the instance; `more` is what would be right, and what was
        found."""
        hint, got = more
        self.problems.append(
            Problem(code, mark, f"{self.path}.{path}", why, got, hint, trail=self.trail)
        )
