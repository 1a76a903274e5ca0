"""Fields of a checked prototxt as the values that stand in YAML: scalars, fillers, shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from protonet.caffe.fields import MESSAGES
from protonet.caffe.marked import Marked, leaf, listing, mapping
from protonet.caffe.report import Report
from protonet.caffe.text_format import Field, Message, Scalar
from protonet.fillers import FILLERS
from protonet.records import fields_of

BARE_IF_ONE = frozenset({"kernel_size", "stride", "pad", "dilation", "mean_value"})
"""Repeated fields whose single value needs no list in YAML."""


def scalar(field: Field) -> Any:
    """Return the value of a field that holds no message."""
    assert isinstance(field.value, Scalar)  # the check has made sure
    return field.value.value


def message(field: Field) -> Message:
    """Return the message that a field holds."""
    assert isinstance(field.value, Message)  # the check has made sure
    return field.value


def one(source: Message, name: str) -> Any:
    """Return the value of a field that stands once, or None where it does not stand at all."""
    fields = source.named(name)
    return scalar(fields[0]) if fields else None


def texts(source: Message, name: str) -> list[str]:
    """Return the values of a repeated text."""
    return [str(scalar(field)) for field in source.named(name)]


def grouped(source: Message) -> Iterator[tuple[str, list[Field]]]:
    """Yield every name with all its fields, in the order of the first ones."""
    by_name: dict[str, list[Field]] = {}
    for field in source.fields:
        by_name.setdefault(field.name, []).append(field)
    yield from by_name.items()


def value_of(fields: Sequence[Field], kind: str, report: Report, path: str) -> Marked:
    """Return what the fields of one name are in YAML.

    Args:
        fields: at least one.
        kind: the message that they stand in, a name of `MESSAGES`.
        report: gains notes on what is left out.
        path: the message's place in words.
    """
    first = fields[0]
    held = MESSAGES[kind][first.name]
    if held.message:
        values = [_message(field, held.message, report, f"{path}.{first.name}") for field in fields]
        return values[0] if len(values) == 1 else listing(values, first.mark)
    if held.repeated and not (len(fields) == 1 and first.name in BARE_IF_ONE):
        return listing((leaf(scalar(field), field.value.mark) for field in fields), first.mark)
    return leaf(scalar(first), first.value.mark)


def _message(field: Field, kind: str, report: Report, path: str) -> Marked:
    """Return a message that stands in one of a layer: a filler, a shape, or a map of its fields."""
    if kind == "FillerParameter":
        return filler(message(field), report, path)
    if kind == "BlobShape":
        return leaf(dims(message(field)), field.mark)
    made = mapping(field.mark)
    for name, fields in grouped(message(field)):
        made.put(name, value_of(fields, kind, report, f"{path}.{name}"), fields[0].mark)
    return made


def dims(shape: Message) -> list[int]:
    """Return the sizes of a BlobShape."""
    return [scalar(field) for field in shape.named("dim")]


def filler(source: Message, report: Report, path: str) -> Marked:
    """Return a filler as a map; fields that its type does not use are noted and left out."""
    made = mapping(source.mark)
    name = str(one(source, "type") or "constant")
    used = _keys_of(name)
    for field in source.fields:
        if field.name != "type" and field.name not in used:
            why = f"Caffe does not use {field.name} in a {name} filler"
            report.note(field.mark, f"{path}.{field.name}", why)
            continue
        made.put(field.name, leaf(scalar(field), field.value.mark), field.mark)
    return made


def _keys_of(name: str) -> Mapping[str, Any]:
    """Return the keys of a filler; of an unknown one all, for the spec's check refuses it."""
    return fields_of(FILLERS[name].params) if name in FILLERS else MESSAGES["FillerParameter"]
