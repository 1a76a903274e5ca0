"""The padding layers of 2013: the layer that reads one pads by itself since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from protonet.caffe.old_fields import PADDING
from protonet.caffe.report import Report
from protonet.caffe.text_format import Field, Message
from protonet.caffe.values import message, one, scalar, texts

_PADS = ("conv", "pool")


def without_padding(layers: Sequence[Field], report: Report) -> list[Field]:
    """Return the layers without those that pad, whose `pad` goes into the layers that read them.

    Args:
        layers: `layers { layer { … } }`, checked.
        report: gains those that nothing can stand for.
    """
    makers: dict[str, Field] = {}
    kept: list[Field] = []
    for field in layers:
        source = message(field)
        if _type(field) != PADDING:
            kept.append(_padded(field, makers, report))
        elif len(source.named("bottom")) != 1:
            why = "a padding layer reads one blob"
            report.refuse("PN024", field.mark, f"layers.{_name(field)}", why)
        makers.update(dict.fromkeys(texts(source, "top"), field))
    return kept


def _padded(field: Field, makers: dict[str, Field], report: Report) -> Field:
    source = message(field)
    for bottom in source.named("bottom"):
        maker = makers.get(str(scalar(bottom)))
        if maker is None or _type(maker) != PADDING:
            continue
        if _type(field) not in _PADS or len(source.named("bottom")) != 1:
            why = f"only a layer of type {' or '.join(_PADS)} can read a padding layer"
            report.refuse("PN024", bottom.value.mark, f"layers.{_name(field)}.bottom", why)
            continue
        read = next(iter(message(maker).named("bottom")), bottom)
        fields = [read if each is bottom else each for each in source.fields]
        fields = [_with_pad(each, maker) if each.name == "layer" else each for each in fields]
        return replace(field, value=replace(source, fields=tuple(fields)))
    return field


def _with_pad(layer: Field, maker: Field) -> Field:
    """Return a layer's own message with the `pad` of a padding layer in place of its own."""
    own = [each for each in message(layer).fields if each.name != "pad"]
    pads = _inner(maker).named("pad")
    return replace(layer, value=replace(message(layer), fields=(*own, *pads)))


def _inner(field: Field) -> Message:
    inner = message(field).named("layer")
    return message(inner[0]) if inner else Message((), field.mark)


def _type(field: Field) -> str:
    return str(one(_inner(field), "type") or "")


def _name(field: Field) -> str:
    return str(one(_inner(field), "name") or "")
