"""Layers of types that protonet has not: kept as holes, with their keys, for a plugin to fill."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import Any, NoReturn

from pydantic import create_model

from protonet.caffe.fields import MESSAGES
from protonet.caffe.layer_fields import LAYER_PARAMS
from protonet.caffe.marked import Marked, leaf
from protonet.caffe.text_format import Field, Message, Scalar
from protonet.errors import ShapeError
from protonet.layers.record import Arity, Blob, LayerType, Setting
from protonet.problems import Mark
from protonet.records import Record
from protonet.spec.layer import COMMON

PLUGIN = "holes.py"
"""The file that fills them."""

_OWN = MESSAGES["LayerParameter"].keys() - LAYER_PARAMS.keys()
"""Fields that every layer has."""

_ANY = Arity(0, None)
_WORDS = re.compile(r"[A-Za-z0-9]+")


@dataclass(slots=True)
class Holes:
    """What is found of layers that no type is known for.

    Attributes:
        known: names of the types that are no holes, data layers among them.
        keys: of each layer by where it stands, the keys of its own.
        types: names of the types, with the keys that their layers have.
    """

    known: Collection[str]
    keys: dict[tuple[str, int, int], dict[str, Any]] = field(default_factory=dict)
    types: dict[str, list[str]] = field(default_factory=dict)

    def take(self, net: Message) -> Message:
        """Return a net, as it was parsed, without the keys of unknown layers, and keep those."""
        fields = [
            self._emptied(each)
            if each.name == "layer" and isinstance(each.value, Message)
            else each
            for each in net.fields
        ]
        return replace(net, fields=tuple(fields))

    def _emptied(self, layer: Field) -> Field:
        source = layer.value
        if not isinstance(source, Message) or not (kind := self._hole(source)):
            return layer
        keys: dict[str, Any] = {}
        for each in source.fields:
            if each.name not in _OWN:
                inner = _plain(each.value)
                keys |= inner if isinstance(inner, dict) else {each.name: inner}
        keys = {_key(name): value for name, value in keys.items()}
        self.keys[_place(layer.mark)] = keys
        names = self.types.setdefault(kind, [])
        names += [key for key in keys if key not in names]
        kept = tuple(each for each in source.fields if each.name in _OWN)
        return replace(layer, value=replace(source, fields=kept))

    def _hole(self, source: Message) -> str:
        """Return the type of a layer, if it is none that is known."""
        named = [one.value for one in source.named("type") if isinstance(one.value, Scalar)]
        kind = str(named[0].value) if named and named[0].form == "text" else ""
        return "" if kind in self.known else kind

    def fill(self, layers: Iterable[Marked]) -> None:
        """Give the layers that were made of unknown ones their keys again."""
        for layer in layers:
            mark = layer.marks.value
            for key, value in self.keys.get(_place(mark), {}).items():
                layer.put(key, leaf(value, mark), mark)

    def layer_types(self) -> dict[str, LayerType]:
        """Return types that take any keys, bottoms and tops, and cannot be built."""
        return {name: _type(name, keys) for name, keys in self.types.items()}

    def plugin(self) -> str:
        """Return a plugin in which each type is to be filled."""
        taken: set[str] = set()
        parts = [_HEAD]
        for name, keys in self.types.items():
            words = _words(name)
            numbered = (f"{words}_{number}" for number in count(2))
            plain = next(one for one in chain([words], numbered) if one not in taken)
            taken.add(plain)
            parts.append(_source(name, plain, keys))
        return "\n\n".join(parts)


def _type(name: str, keys: Sequence[str]) -> LayerType:
    fields: Mapping[str, Any] = dict.fromkeys(keys, (Any, None))
    params: type[Record] = create_model(f"{_camel(_words(name))}Params", __base__=Record, **fields)

    def build(params: Any, bottoms: Sequence[Blob], setting: Setting) -> NoReturn:
        raise ShapeError(f"{name} is a hole: nothing computes it yet", f"fill it in {PLUGIN}")

    return LayerType(name=name, params=params, build=build, bottoms=_ANY, tops=_ANY)


_HEAD = '''"""Layer types of an imported net that protonet has not: write the `build` of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from protonet.errors import ShapeError
from protonet.layers.record import Arity, Blob, LayerType, Setting
from protonet.records import Record
'''


def _source(name: str, plain: str, keys: Sequence[str]) -> str:
    """Return the part of the plugin that is one type's, called `plain` in Python."""
    camel = _camel(plain)
    listed = "".join(f"\n    {key}: Any = None" for key in keys)
    why = f"{name} is a hole: nothing computes it yet"
    return f'''class {camel}Params(Record):
    """Its keys, as the prototxt has them."""
{listed}


def build_{plain}(params: {camel}Params, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Return the module: its `forward` takes the bottoms and gives the tops."""
    raise ShapeError({why!r}, "write build_{plain} in {PLUGIN}")


{plain.upper()} = LayerType(
    name={name!r},
    params={camel}Params,
    build=build_{plain},
    bottoms=Arity(0, None),
    tops=Arity(0, None),
    parameters=(),  # the names of its blobs, in Caffe's order
)
'''


def _key(name: str) -> str:
    """Return a key's name, which must be none of Python's, of every layer's or of a record's."""
    is_taken = name in COMMON or keyword.iskeyword(name) or hasattr(Record, name)
    return f"{name.lstrip('_')}_" if is_taken or name.startswith("_") else name


def _words(name: str) -> str:
    """Return a type's name as Python calls things: `my_layer`."""
    words = "_".join(_WORDS.findall(name)).lower()
    return words if words[:1].isalpha() else f"hole_{words}"


def _camel(plain: str) -> str:
    """Return the same as a class is called: `MyLayer`."""
    return "".join(word.capitalize() for word in plain.split("_"))


def _plain(value: Scalar | Message) -> Any:
    """Return a field's value as plain data; what stands several times becomes a list."""
    if isinstance(value, Scalar):
        is_flag = value.form == "word" and value.value in ("true", "false")
        return value.value == "true" if is_flag else value.value
    found: dict[str, list[Any]] = {}
    for each in value.fields:
        found.setdefault(each.name, []).append(_plain(each.value))
    return {name: items[0] if len(items) == 1 else items for name, items in found.items()}


def _place(mark: Mark) -> tuple[str, int, int]:
    return mark.source.name, mark.line, mark.column
