"""What a field of a prototxt may hold: whole numbers, numbers, texts, named values, messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

Kind = Literal["whole", "number", "flag", "text", "choice", "message"]


@dataclass(frozen=True, slots=True)
class FieldType:
    """The type of one field.

    Attributes:
        kind: what its values are.
        bounds: smallest and largest value of a whole number.
        choices: for a choice, the number Caffe stores for each name.
        message: for a message, the name of its table in `protonet.caffe.fields.MESSAGES`.
        repeated: whether it may stand several times.
    """

    kind: Kind
    bounds: tuple[int, int] = (0, 0)
    choices: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    message: str = ""
    repeated: bool = False


Fields = Mapping[str, FieldType]

WHOLE = FieldType("whole", (-(2**31), 2**31 - 1))
COUNT = FieldType("whole", (0, 2**32 - 1))
LONG = FieldType("whole", (-(2**63), 2**63 - 1))
NUMBER = FieldType("number")
FLAG = FieldType("flag")
TEXT = FieldType("text")


def choice(*names: str, first: int = 0) -> FieldType:
    """Return the type of a field that takes one of these names, or their number from `first` on."""
    return FieldType("choice", choices={name: first + place for place, name in enumerate(names)})


def message(name: str) -> FieldType:
    """Return the type of a field that holds a message."""
    return FieldType("message", message=name)


def many(kind: FieldType) -> FieldType:
    """Return the same type for a field that may stand several times."""
    return replace(kind, repeated=True)
