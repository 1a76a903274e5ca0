"""One layer of a prototxt → one layer of a spec: names, rules, parameters, and the type's own keys.

Caffe keeps a layer's own keys in a message named for the layer (`convolution_param { … }`); in
protonet they stand flat beside the common ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from protonet.caffe.fields import PARAMS_OF_TYPE, RENAMED, UNREAD
from protonet.caffe.layer_fields import LAYER_PARAMS
from protonet.caffe.marked import Marked, leaf, listing, mapping
from protonet.caffe.plain_name import plain_name
from protonet.caffe.report import Report
from protonet.caffe.rules import put_rules
from protonet.caffe.text_format import Field, Message
from protonet.caffe.values import grouped, message, one, scalar, value_of
from protonet.layers.record import LayerType
from protonet.problems import Mark

_SHOWS = "protonet draws nothing into images"

NEEDLESS: Mapping[str, str] = MappingProxyType(
    {
        "engine": "protonet chooses its kernels itself",
        "force_nd_im2col": "protonet chooses its kernels itself",
        "debug_info": "protonet has no such debug output",
        "share_in_parallel": "protonet runs no layers in parallel threads",
        "save_output_param": "the detections are the top: an HDF5Output layer keeps them",
        **dict.fromkeys(("visualize", "visualize_threshold", "save_file"), _SHOWS),
    }
)
"""Fields of a layer's own message that change no result, and why protonet needs them not."""

_STATES = {"LSTM": 2, "RNN": 1}
"""How many blobs the state of a recurrent layer consists of."""


_LEARNS_NOTHING = frozenset({"BatchNorm"})
"""Types whose blobs are statistics; Caffe itself sets their rates to 0 whatever stands there."""

_RATES = frozenset({"lr_mult", "decay_mult"})


def layer_of(field: Field, layers: Mapping[str, LayerType], report: Report) -> Marked:
    """Return one layer as plain data.

    What the table of layer types does not know keeps its common keys only: the spec's check says
    that the type is unknown.

    Args:
        field: `layer { … }`, checked.
        layers: the table of layer types.
        report: gains problems, and notes on what is left out.
    """
    source, made = message(field), mapping(field.mark)
    kind = layers.get(str(one(source, "type")))
    path = place_of(source)
    _put_name(source, made, report)
    for each in source.named("type"):
        made.put("type", leaf(scalar(each), each.value.mark), each.mark)
    _put_blobs(source, made, kind)
    put_rules(source, made, report, path)
    for name in ("loss_weight", "propagate_down"):
        if fields := source.named(name):
            values = (leaf(scalar(each), each.value.mark) for each in fields)
            made.put(name, listing(values, fields[0].mark), fields[0].mark)
    if kind is not None:
        _put_parameters(source, made, kind, report)
        for name, value, mark in own_keys(source, report):
            made.put(name, value, mark)
    else:
        for each in source.named("param"):
            why = "nobody knows which parameters a layer of this type has"
            report.note(each.mark, f"{path}.param", why)
    return made


def _put_name(source: Message, made: Marked, report: Report) -> None:
    for each in source.named("name"):
        written = str(scalar(each))
        name = plain_name(written)
        made.put("name", leaf(name, each.value.mark), each.mark)
        if name != written:
            why = f"a layer's name has no dots, here this one is called {name}"
            report.note(each.value.mark, f"{place_of(source)}.name", why)


def place_of(layer: Message) -> str:
    """Return a layer's place in words, as problems of its prototxt have it."""
    return f"layer.{one(layer, 'name') or ''}"


def own_keys(layer: Message, report: Report) -> Iterator[tuple[str, Marked, Mark]]:
    """Yield the keys that stand in a layer's own messages, without those that are needless."""
    used = PARAMS_OF_TYPE.get(str(one(layer, "type")), ())
    for field in layer.fields:
        if field.name in used:
            yield from _keys(field, report, layer)


def note_unread(layer: Message, report: Report) -> None:
    """Note the messages of other types that stand in a layer, which Caffe never reads."""
    kind = str(one(layer, "type"))
    for field in layer.fields:
        if field.name in LAYER_PARAMS and field.name not in PARAMS_OF_TYPE.get(kind, LAYER_PARAMS):
            why = f"Caffe does not read {field.name} in a layer of type {kind}"
            report.note(field.mark, f"{place_of(layer)}.{field.name}", why)


def _keys(field: Field, report: Report, layer: Message) -> Iterator[tuple[str, Marked, Mark]]:
    path, kind = f"{place_of(layer)}.{field.name}", str(one(layer, "type"))
    for name, fields in grouped(message(field)):
        if name in UNREAD.get(kind, ()):
            why = f"Caffe does not read {name} in a layer of type {kind}"
            report.note(fields[0].mark, f"{path}.{name}", why)
        elif name in NEEDLESS:
            report.note(fields[0].mark, f"{path}.{name}", NEEDLESS[name])
        else:
            key = RENAMED.get((field.name, name), name)
            yield key, value_of(fields, field.name, report, path), fields[0].mark


def _put_blobs(source: Message, made: Marked, kind: LayerType | None) -> None:
    """Write bottoms and tops out, so that nothing is chained; a loss may leave its top to us."""
    for name in ("bottom", "top"):
        fields = source.named(name)
        values = [leaf(scalar(each), each.value.mark) for each in fields]
        is_named_for_it = name == "top" and not fields and kind is not None and kind.kind == "loss"
        if not is_named_for_it:
            mark = fields[0].mark if fields else None
            made.put(name, listing(values, mark or made.marks.value), mark)


def _put_parameters(source: Message, made: Marked, kind: LayerType, report: Report) -> None:
    """Give Caffe's `param`s, which go by position, the names of the type's parameters."""
    fields = source.named("param")
    names = _parameter_names(source, kind)
    named = mapping(fields[0].mark) if fields else made
    for place, field in enumerate(fields):
        path = f"{place_of(source)}.param"
        if place >= len(names):
            count = len(names)
            why = f"{kind.name} has {count or 'no'} parameter{'' if count == 1 else 's'}"
            report.refuse("PN027", field.mark, path, f"{why}, this is number {place + 1}")
        elif spec := _parameter(field, report, path, learns=kind.name not in _LEARNS_NOTHING):
            named.put(names[place], spec, field.mark)
    if fields and named.data:
        made.put("param", named, fields[0].mark)


def _parameter_names(source: Message, kind: LayerType) -> tuple[str, ...]:
    """Return the names in Caffe's order, without those that this layer does not have.

    A Scale by a second bottom has its bias alone, and a Bias by one has none; without a static
    bottom there is no weight for it.
    """
    bottoms = len(source.named("bottom"))
    if kind.name in ("Bias", "Scale") and bottoms > 1:
        return kind.parameters[1:]
    if kind.name in _STATES and bottoms <= 2 + _exposed(source, kind):
        return tuple(name for name in kind.parameters if not name.endswith("_static"))
    return kind.parameters


def _exposed(source: Message, kind: LayerType) -> int:
    """Return how many bottoms of a recurrent layer are its state."""
    fields = [field for each in source.named("recurrent_param") for field in message(each).fields]
    is_exposed = any(field.name == "expose_hidden" and scalar(field) for field in fields)
    return _STATES[kind.name] if is_exposed else 0


def _parameter(field: Field, report: Report, path: str, *, learns: bool) -> Marked | None:
    made = mapping(field.mark)
    for each in message(field).fields:
        if each.name in _RATES and not learns:
            continue
        if each.name != "share_mode":
            made.put(each.name, leaf(scalar(each), each.value.mark), each.mark)
        elif scalar(each) == "PERMISSIVE":
            why = "protonet shares parameters of one shape only"
            report.note(each.mark, f"{path}.share_mode", why)
    return made if made.data else None
