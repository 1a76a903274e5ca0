"""Layers of types that nobody here knows: the type is what is wrong, not the fields that it brings.

A fork's layer comes with a message of its own, `bn_param { … }`. That Caffe has no such field is
true, and of no help beside a layer type that is not there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from protonet.caffe.fields import MESSAGES, PARAMS_OF_TYPE
from protonet.caffe.layer_fields import LAYER_PARAMS
from protonet.caffe.report import Report
from protonet.caffe.text_format import Field, Message, Scalar
from protonet.spec.unknown_type import unknown_type

_LAYER = MESSAGES["LayerParameter"]
_OWN = _LAYER.keys() - LAYER_PARAMS.keys()
"""Fields that every layer has."""


def without_foreign(net: Message, known: Collection[str], report: Report) -> Message:
    """Return a net, as it was parsed, without the messages of layers of unknown types.

    Where there is such a message, every layer of an unknown type is refused at once; where there is
    none, the spec's check says it, with whatever else is wrong.

    Args:
        net: `layer { … }` and whatever else.
        known: the names of the layer types.
        report: gains a problem for each such layer.
    """
    foreign = [each for each in net.named("layer") if _type(each, known) is not None]
    if not any(_brings_fields(each) for each in foreign):
        return net
    for each in foreign:
        _refuse(each, known, report)
    places = {id(each) for each in foreign}
    fields = (_emptied(each) if id(each) in places else each for each in net.fields)
    return replace(net, fields=tuple(fields))


def _type(layer: Field, known: Collection[str]) -> Scalar | None:
    """Return the type of a layer, where it is a name that nobody knows."""
    if not isinstance(layer.value, Message):
        return None
    written = next((field.value for field in layer.value.named("type")), None)
    if not isinstance(written, Scalar) or written.form != "text":
        return None
    return None if written.value in known or written.value in PARAMS_OF_TYPE else written


def _brings_fields(layer: Field) -> bool:
    return isinstance(layer.value, Message) and any(
        isinstance(field.value, Message) and field.name not in _LAYER
        for field in layer.value.fields
    )


def _refuse(layer: Field, known: Collection[str], report: Report) -> None:
    written = _type(layer, known)
    if written is None or not isinstance(layer.value, Message):
        return
    names = [one.value.value for one in layer.value.named("name") if isinstance(one.value, Scalar)]
    why, hint = unknown_type(str(written.value), known)
    path = f"layer.{names[0]}.type" if names else "layer.type"
    report.refuse("PN020", written.mark, path, why, hint)


def _emptied(layer: Field) -> Field:
    if not isinstance(layer.value, Message):
        return layer
    kept = (
        field
        for field in layer.value.fields
        if field.name in _OWN or not isinstance(field.value, Message)
    )
    return replace(layer, value=replace(layer.value, fields=tuple(kept)))
