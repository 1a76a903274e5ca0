"""A net prototxt → the sections `net` and `data` of a spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from protonet.caffe.context import Context, Shapes, places_of
from protonet.caffe.data_layers import PARAM, declared_by_data_layer
from protonet.caffe.data_sets import sets_of
from protonet.caffe.found_shape import found_shapes
from protonet.caffe.holes import Holes
from protonet.caffe.imported import Became, Imported, imported
from protonet.caffe.inputs import (
    INPUT,
    Declared,
    declared_by_fields,
    declared_by_input_layer,
    inputs_of,
)
from protonet.caffe.labels import index_inputs
from protonet.caffe.layers import layer_of, note_unread
from protonet.caffe.marked import Marked, leaf, listing, mapping
from protonet.caffe.names import rename_repeated
from protonet.caffe.prices import put_matrix
from protonet.caffe.prototxt import read_prototxt
from protonet.caffe.report import Report
from protonet.caffe.text_format import Field, Message
from protonet.caffe.upgrade import upgraded
from protonet.caffe.values import message, one, scalar, texts
from protonet.layers import LAYERS
from protonet.layers.record import LayerType
from protonet.spec.state import State


@dataclass(frozen=True, slots=True)
class Sections:
    """What a net prototxt gives: the section `net`, `data`, which may be empty, and what became of
    each layer."""

    net: Marked
    data: Marked
    layers: tuple[Became, ...] = ()


def import_net(
    path: str | Path,
    shapes: Shapes | None = None,
    *,
    layers: Mapping[str, LayerType] = LAYERS,
    holes: Holes | None = None,
) -> Imported:
    """Read a net prototxt as a spec with the sections `net` and `data`.

    Layers and blobs keep their names. The tops of data layers become inputs; their shapes stand in
    the data, so the caller gives them.

    Args:
        path: the prototxt, in any of Caffe's dialects.
        shapes: shapes of inputs, by blob; they win over the prototxt's own.
        layers: the table of layer types. A type that is not in it is imported by its common keys,
            and refused when the spec is checked.
        holes: takes layers of unknown types; None: keys that Caffe does not know are refused.

    Raises: UsageError if there is no such file, or `shapes` names no input; SpecError with all that
        cannot be imported.
    """
    path = Path(path)
    report = Report(str(path))
    context = Context(layers, shapes or {}, report, places_of(path), holes=holes)
    sections = translate(context.checked(read_prototxt(path)), context)
    parts = {"data": sections.data, "net": sections.net}
    return imported(path, parts, report, sections.layers)


def translate(net: Message, context: Context) -> Sections:
    """Return the sections of a checked net; what is wrong goes into the report."""
    net = upgraded(net, context.report)
    layers = net.named("layer")
    for field in layers:
        note_unread(message(field), context.report)
    sources = [field for field in layers if one(message(field), "type") in PARAM]
    plain = [field for field in layers if field not in sources and not _is_input(field)]
    made = mapping(net.mark)
    _put_common(net, made, context)
    declared = list(_declared(net, context))
    blobs = {each.blob for each in declared}
    indices = index_inputs(map(message, plain), blobs, context.layers)
    if declared or context.shapes:
        made.put("inputs", inputs_of(declared, indices, context, net.mark))
    state = _state(net)
    built = [layer_of(field, context.layers, context.report) for field in plain]
    for field, layer in zip(plain, built, strict=True):
        put_matrix(message(field), layer, context)
        if "file_name" in layer:
            layer.data["file_name"] = context.new_path(layer.data["file_name"])
    if context.holes is not None:
        context.holes.fill(built)
    rename_repeated([message(field) for field in plain], built, state, context.report)
    made.put("layers", listing(built, net.mark))
    data = sets_of(sources, state, context, net.mark)
    return Sections(made, data, tuple(_became(layers, plain, built, data)))


def _became(
    layers: Sequence[Field], plain: Sequence[Field], built: Sequence[Marked], data: Marked
) -> Iterator[Became]:
    """Yield what became of each layer.

    Args:
        layers: all of them, in their order.
        plain: those that stay layers.
        built: what those are now.
        data: the section `data`.
    """
    names = {
        id(field): str(layer.data.get("name")) for field, layer in zip(plain, built, strict=True)
    }
    for field in layers:
        source = message(field)
        name, kind = str(one(source, "name") or ""), str(one(source, "type") or "")
        if id(field) in names:
            yield Became(name, kind, field.mark, "layer", (names[id(field)],))
        elif _is_input(field):
            yield Became(name, kind, field.mark, "inputs", tuple(texts(source, "top")))
        else:
            sets = [key for key, marks in data.marks.children.items() if marks.key is field.mark]
            yield Became(name, kind, field.mark, "data", tuple(map(str, sets)))


def _is_input(field: Field) -> bool:
    return bool(one(message(field), "type") == INPUT)


def _declared(net: Message, context: Context) -> list[Declared]:
    declared = list(declared_by_fields(net, context))
    for layer in map(message, net.named("layer")):
        kind = one(layer, "type")
        if kind == INPUT:
            declared += declared_by_input_layer(layer, context)
        elif kind in PARAM:
            declared += declared_by_data_layer(layer, found_shapes(layer, context))
    return declared


def _put_common(net: Message, made: Marked, context: Context) -> None:
    for name in ("name", "force_backward"):
        for field in net.named(name):
            if scalar(field) != "":
                made.put(name, leaf(scalar(field), field.value.mark), field.mark)
    for field in net.named("debug_info"):
        if scalar(field):
            why = "a solver's debug_info decides, as it does in Caffe"
            context.report.note(field.mark, "debug_info", why)
    for field in net.named("state"):
        _put_state(field, made, context)


def _put_state(field: Field, made: Marked, context: Context) -> None:
    state = mapping(field.mark)
    source = message(field)
    for each in source.named("phase"):
        why = "protonet builds a net in every phase it is needed in"
        context.report.note(each.mark, "state.phase", why)
    for each in source.named("level"):
        state.put("level", leaf(scalar(each), each.value.mark), each.mark)
    if stages := source.named("stage"):
        state.put("stage", leaf(texts(source, "stage"), stages[0].value.mark), stages[0].mark)
    if state.data:
        made.put("state", state, field.mark)


def _state(net: Message) -> State:
    """Return level and stages that the net itself is in; the phase is of no account."""
    fields = net.named("state")
    if not fields:
        return State("train")
    source = message(fields[0])
    return State("train", one(source, "level") or 0, frozenset(texts(source, "stage")))
