"""Ordered dictionaries whose missing keys are answered with the nearest one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import NoReturn, TypeVar

from protonet.errors import UsageError
from protonet.records import suggestion

Held = TypeVar("Held")


class Named(OrderedDict[str, Held]):
    """What a net has of one kind, by name.

    Args:
        kind: what they are, for messages: `blob`, `layer with parameters`.
        items: names and what they name, in order.
    """

    def __init__(self, kind: str, items: Iterable[tuple[str, Held]]) -> None:
        self.kind = kind
        super().__init__(items)

    def __missing__(self, name: object) -> NoReturn:
        raise KeyError(f"the net has no {self.kind} {name}; {suggestion(str(name), self)}")

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a net's {self.kind}s cannot be pickled or copied; copy the arrays")


class NoSuchLayerError(UsageError, ValueError):
    """A layer's name that the net does not have."""


def place_of(name: str, names: list[str]) -> int:
    """Return the position of a layer.

    Raises: NoSuchLayerError.
    """
    if name not in names:
        raise NoSuchLayerError(f"the net has no layer {name}; {suggestion(name, names)}")
    return names.index(name)
