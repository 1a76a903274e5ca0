"""Nets in the dialects before 2014, rewritten in the one since; every field keeps its place.

V1 is `layers { … }` with types in capitals and lists for learning rates; V0 is `layers { layer { …
} }` with all keys flat. Source: Caffe, upgrade_proto.cpp.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from protonet.caffe.old_fields import LEARNING, PADDING, V0_MOVES, V0_TYPES, V1_TYPES
from protonet.caffe.padding import without_padding
from protonet.caffe.report import Report
from protonet.caffe.text_format import Field, Message, Scalar
from protonet.caffe.values import message, one, scalar
from protonet.records import suggestion

_MOVED_TO_TRANSFORM = frozenset({"scale", "mean_file", "crop_size", "mirror"})
_DATA_MESSAGES = frozenset({"data_param", "image_data_param", "window_data_param"})
_KEPT_V0: Mapping[str, str] = MappingProxyType({"hdf5_output_param": "HDF5Output"})


def upgraded(net: Message, report: Report) -> Message:
    """Return a net in Caffe's dialect since 2014; one that is in it already, as it is.

    Args:
        net: checked.
        report: gains what cannot be rewritten, and notes on what Caffe would not read either.
    """
    old = net.named("layers")
    if not old:
        return net
    if new := net.named("layer"):
        why = "layers { … } and layer { … } are two dialects, and Caffe reads one of them"
        report.refuse("PN015", new[0].mark, "layer", why, "write one kind only")
        return net
    layers = list(old)
    if any(message(field).named("layer") for field in layers):
        layers = [_from_v0(field, report) for field in without_padding(layers, report)]
    fields = [field for field in net.fields if field.name != "layers"]
    return replace(net, fields=(*fields, *map(_from_v1, layers)))


def _from_v1(field: Field) -> Field:
    source = message(field)
    fields: list[Field] = []
    for each in source.fields:
        if each.name == "type":
            name = V1_TYPES[str(scalar(each))][1]
            fields += [replace(each, value=Scalar("text", name, each.value.mark))] if name else []
        elif each.name not in LEARNING:
            fields.append(each)
    return Field(
        "layer", Message((*_with_transform(fields), *_learning(source)), source.mark), field.mark
    )


def _with_transform(fields: list[Field]) -> Iterator[Field]:
    """Yield a layer's fields with those that say how images are changed in `transform_param`."""
    moved = [
        inner
        for each in fields
        if each.name in _DATA_MESSAGES
        for inner in message(each).fields
        if inner.name in _MOVED_TO_TRANSFORM
    ]
    names, found = {inner.name for inner in moved}, False
    for each in fields:
        if each.name in _DATA_MESSAGES:
            kept = tuple(one for one in message(each).fields if one.name not in names)
            yield replace(each, value=replace(message(each), fields=kept))
        elif each.name == "transform_param":
            own = [one for one in message(each).fields if one.name not in names]
            yield replace(each, value=replace(message(each), fields=(*own, *moved)))
            found = True
        else:
            yield each
    if moved and not found:
        yield Field("transform_param", Message(tuple(moved), moved[0].mark), moved[0].mark)


def _learning(source: Message) -> Iterator[Field]:
    """Yield `param { … }` for each parameter that one of the lists has an entry for."""
    lists = {name: source.named(name) for name in LEARNING}
    for place in range(max(map(len, lists.values()))):
        entries = [
            replace(fields[place], name=LEARNING[name])
            for name, fields in lists.items()
            if place < len(fields)
        ]
        yield Field("param", Message(tuple(entries), entries[0].mark), entries[0].mark)


def _from_v0(field: Field, report: Report) -> Field:
    """Return a layer of 2013 in the dialect of 2014, but for the name of its type."""
    outer = message(field)
    if not outer.named("layer"):
        return field
    source = message(outer.named("layer")[0])
    kind = _type_of(source, report)
    fields = [each for each in outer.fields if each.name != "layer"]
    inner: dict[str, list[Field]] = {}
    for each in source.fields:
        if each.name == "type":
            name = next((name for name, (_, new) in V1_TYPES.items() if new == kind), "NONE")
            fields.append(replace(each, value=Scalar("word", name, each.value.mark)))
        elif each.name in ("name", *LEARNING) or _KEPT_V0.get(each.name) == kind:
            fields.append(each)
        else:
            name, homes = V0_MOVES.get(each.name, ("", {}))
            if kind in homes:
                inner.setdefault(homes[kind], []).append(replace(each, name=name))
            elif kind:
                why = f"Caffe does not read {each.name} in a layer of type {one(source, 'type')}"
                report.note(each.mark, f"layers.{one(source, 'name') or ''}.{each.name}", why)
    fields += [
        Field(home, Message(tuple(moved), moved[0].mark), moved[0].mark)
        for home, moved in inner.items()
    ]
    return replace(field, value=replace(outer, fields=tuple(fields)))


def _type_of(source: Message, report: Report) -> str:
    """Return a type's name since; refuse what was none."""
    for field in source.named("type"):
        name = str(scalar(field))
        if name in V0_TYPES:
            return V0_TYPES[name]
        hint = suggestion(name, (*V0_TYPES, PADDING))
        path = f"layers.{one(source, 'name') or ''}.type"
        report.refuse("PN020", field.value.mark, path, f"Caffe had no layer type {name}", hint)
    return ""
