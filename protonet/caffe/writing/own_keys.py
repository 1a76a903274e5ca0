"""The keys of a layer's own type → the messages that hold them in Caffe: `convolution_param { … }`.

What a key is called and which message it stands in follow from the same tables that an import
reads with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from protonet.caffe.field_types import FieldType
from protonet.caffe.fields import MESSAGES, PARAMS_OF_TYPE, RENAMED
from protonet.caffe.text_format import Field
from protonet.caffe.writing.tree import group, number, shape, text, word
from protonet.fillers import FILLERS

NEEDLESS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "DummyData": frozenset({"dtype"}),
        "MemoryData": frozenset({"label_dtype"}),
        "Parameter": frozenset({"filler"}),
    }
)
"""Keys that Caffe has not, and whose layers are the same without: it has one element type, and a
Parameter starts with what its weights are."""


def own_fields(kind: str, keys: Mapping[str, Any]) -> tuple[list[Field], list[str]]:
    """Return the messages that hold a layer's own keys, and those keys that Caffe has not.

    Args:
        kind: the name of its type, one that Caffe or a fork of it has.
        keys: as plain data, without those that say what holds anyway.
    """
    messages: dict[str, list[Field]] = {name: [] for name in PARAMS_OF_TYPE[kind]}
    unknown = []
    for key, value in keys.items():
        found = next(_places(kind, key), None)
        if found is not None:
            held, name = found
            messages[held] += _fields(name, value, MESSAGES[held][name])
        elif key not in NEEDLESS.get(kind, ()):
            unknown.append(key)
    return [group(name, fields) for name, fields in messages.items() if fields], unknown


def _places(kind: str, key: str) -> Iterator[tuple[str, str]]:
    """Yield the messages that a key may stand in, with its name there."""
    for held in PARAMS_OF_TYPE[kind]:
        names = {ours: theirs for (where, theirs), ours in RENAMED.items() if where == held}
        name = names.get(key, key)
        if name in MESSAGES[held]:
            yield held, name


def _fields(name: str, value: Any, kind: FieldType) -> Iterator[Field]:
    """Yield the fields that one key becomes: one for each value of a list."""
    if kind.message == "BlobShape":
        many = kind.repeated and value and isinstance(value[0], Sequence)
        yield from (shape(name, one) for one in (value if many else [value]))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _fields(name, one, kind)
    elif isinstance(value, Mapping):
        keys = _short(value) if kind.message == "FillerParameter" else value
        yield group(name, message_fields(kind.message, keys))
    elif kind.kind == "text":
        yield text(name, value)
    elif kind.kind == "choice":
        yield word(name, value)
    else:
        yield number(name, value)


def _short(filler: Mapping[str, Any]) -> dict[str, Any]:
    """Return a filler, spelt out, without what holds anyway."""
    standard = FILLERS[filler["type"]].params.model_fields
    return {
        key: value
        for key, value in filler.items()
        if key not in standard or value != standard[key].default
    }


def message_fields(kind: str, keys: Mapping[str, Any]) -> Iterator[Field]:
    """Yield the fields of a message of Caffe's that stands in one of a layer, a filler say.

    Args:
        kind: its name, one of `MESSAGES`.
        keys: its values; those that are None are left out.
    """
    for key, value in keys.items():
        if value is not None:
            yield from _fields(key, value, MESSAGES[kind][key])
