"""The section `data`: a set for each phase and stage that has a data layer of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from protonet.caffe.context import Context
from protonet.caffe.data_layers import PARAM, own
from protonet.caffe.inputs import maker_of
from protonet.caffe.layers import place_of
from protonet.caffe.marked import Marked, leaf, mapping
from protonet.caffe.rules import exists, stages
from protonet.caffe.text_format import Field, Message
from protonet.caffe.values import grouped, message, one, scalar, texts, value_of
from protonet.problems import Mark
from protonet.spec.data import TRAIN
from protonet.spec.state import State

HELD = ("source", "batch_size", "shuffle", "rand_skip")
"""The keys of a data layer that a set of protonet's has too."""

HELD_OF_FILES = ("root_folder", "new_height", "new_width", "is_color")
"""Those that a set of images has besides, which ImageData reads from their files."""

HELD_OF_WINDOWS = (
    *("fg_threshold", "bg_threshold", "fg_fraction"),
    *("context_pad", "crop_mode", "cache_images"),
)
"""Those that WindowData has, and a set below `windows`."""

TRANSFORM = "transform_param"

_MOVED = "Caffe reads this from transform_param only"
_DECODED = "encoded images are decoded to colours where the first of them has any"
_NOT_OF_WINDOWS = "Caffe reads the scale of windows from window_data_param only"

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "backend": "protonet sees the format of a source itself",
        "prefetch": "protonet's reader chooses how far it reads ahead",
        "rand_skip": "a test measures every sample once, wherever it starts",
        **dict.fromkeys(("scale", "mean_file", "crop_size", "mirror"), _MOVED),
        "force_encoded_color": _DECODED,
    }
)
"""Why each of the other keys is left out."""

_SKIP = "rand_skip"
_FED_BY_HAND, _FILES, _WINDOWS = "MemoryData", "ImageData", "WindowData"
_SCALE = "scale"
_HELD_OF = {_FILES: HELD_OF_FILES, _WINDOWS: ("root_folder",)}
_NONE_IF_EMPTY = ("root_folder", "new_height", "new_width", "rand_skip")
"""Keys whose 0 or empty text means that they are not given."""


def sets_of(layers: Sequence[Field], state: State, context: Context, mark: Mark) -> Marked:
    """Return the section `data`.

    Args:
        layers: the data layers, checked, in their order.
        state: level and stages that the net itself is in.
        context: its report gains notes on what is left out.
        mark: where the net stands.
    """
    made = mapping(mark)
    makers: dict[str, str] = {}
    for field in layers:
        layer = message(field)
        if one(layer, "type") == _FED_BY_HAND:
            why = f"{maker_of(layer)} names no source: the net is fed by whoever runs it"
            context.report.note(field.mark, place_of(layer), why)
            continue
        names = list(_names(layer, state, context))
        entry = _entry(layer, context) if names else mapping(field.mark)
        if _SKIP in entry and TRAIN not in dict(names):
            path = f"{place_of(layer)}.{PARAM[str(one(layer, 'type'))]}.{_SKIP}"
            at = entry.marks.children[_SKIP].key or field.mark
            context.report.note(at, path, LEFT_OUT[_SKIP])
        for name, stage in names:
            if name in made:
                why = f"the set {name} is read by {makers[name]} already; this version reads one"
                context.report.note(field.mark, place_of(layer), why)
                continue
            makers[name] = maker_of(layer)
            made.put(name, _copied(entry, name, stage), field.mark)
    return made


def _names(layer: Message, state: State, context: Context) -> Iterator[tuple[str, str | None]]:
    """Yield the sets that a layer is: their names, and the stage each sets, if any."""
    for phase in context.phases:
        if exists(layer, State(phase, state.level, state.stages)):
            yield phase, None
        elif phase == "test":
            for stage in stages(layer):
                if exists(layer, State(phase, state.level, state.stages | {stage})):
                    yield stage, stage


def _copied(entry: Marked, name: str, stage: str | None) -> Marked:
    """Return the entry once more, for a set that may set a stage of its own."""
    made = mapping(entry.marks.value)
    for key, value in entry.data.items():
        if key == _SKIP and name != TRAIN:
            continue
        made.put(key, Marked(value, entry.marks.children[key]), entry.marks.children[key].key)
    if stage is not None:
        made.put("stage", leaf(stage, entry.marks.value))
    return made


def _entry(layer: Message, context: Context) -> Marked:
    made = mapping(layer.mark)
    kind = str(one(layer, "type"))
    param, windows, scale = PARAM[kind], mapping(layer.mark), mapping(layer.mark)
    holders = dict.fromkeys((*HELD, *_HELD_OF.get(kind, ())), made)
    if kind == _WINDOWS:
        holders |= {**dict.fromkeys(HELD_OF_WINDOWS, windows), _SCALE: scale}
    path = f"{place_of(layer)}.{param}"
    for name, fields in grouped(own(layer)):
        if name not in holders:
            context.report.note(fields[0].mark, f"{path}.{name}", LEFT_OUT[name])
        elif name not in _NONE_IF_EMPTY or scalar(fields[0]):
            holders[name].put(name, value_of(fields, param, context.report, path), fields[0].mark)
    for name in ("source", "root_folder"):
        if name in made:
            made.data[name] = context.path(made.data[name])
    if kind == _WINDOWS:
        made.put("windows", windows, layer.mark)
    _put_batch_size(layer, made)
    _put_fields(layer, made)
    _put_transform(layer, made, context, scale)
    return made


def _put_batch_size(layer: Message, made: Marked) -> None:
    """Give ImageData Caffe's default of one image; the other layers have none."""
    if one(layer, "type") == _FILES and "batch_size" not in made:
        made.put("batch_size", leaf(1, layer.mark))


def _put_fields(layer: Message, made: Marked) -> None:
    """Rename the fields of a set of images to the layer's tops, where those are called otherwise.

    The tops of HDF5Data have the names of what lies in the file.
    """
    if one(layer, "type") == "HDF5Data":
        return
    renamed = {
        field: top
        for field, top in zip(("data", "label"), texts(layer, "top"), strict=False)
        if field != top
    }
    if renamed:
        made.put("fields", leaf(renamed, layer.named("top")[0].mark))


def _put_transform(layer: Message, made: Marked, context: Context, scale: Marked) -> None:
    """Add the transform, with the scale that WindowData has among its own keys."""
    kind = one(layer, "type")
    if kind == "HDF5Data":
        return
    for field in layer.named(TRANSFORM):
        transform = mapping(field.mark)
        for name, fields in grouped(message(field)):
            if kind == _WINDOWS and name == _SCALE:
                path = f"{place_of(layer)}.{TRANSFORM}.{_SCALE}"
                context.report.note(fields[0].mark, path, _NOT_OF_WINDOWS)
                continue
            value = value_of(fields, TRANSFORM, context.report, TRANSFORM)
            if name == "mean_file":
                value.data = context.path(str(scalar(fields[0])))
            transform.put(name, value, fields[0].mark)
        for name, value in scale.data.items():
            marks = scale.marks.children[name]
            transform.put(name, Marked(value, marks), marks.key)
        made.put("transform", transform, field.mark)
