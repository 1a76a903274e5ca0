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
from protonet.spec.state import State

HELD = ("source", "batch_size", "shuffle")
"""The keys of a data layer that a set of protonet's has too."""

TRANSFORM = "transform_param"

_MOVED = "Caffe reads this from transform_param only"
_CONVERTED = "images are made ready when they are converted: protonet convert --resize WxH, --gray"
_WINDOWS = "protonet cuts no windows out of images"

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "backend": "protonet sees the format of a source itself",
        "prefetch": "protonet's reader chooses how far it reads ahead",
        "rand_skip": "protonet starts at the first sample; shuffle: true draws an order by chance",
        **dict.fromkeys(("scale", "mean_file", "crop_size", "mirror"), _MOVED),
        **dict.fromkeys(
            ("force_encoded_color", "new_height", "new_width", "is_color", "root_folder"),
            _CONVERTED,
        ),
        **dict.fromkeys(
            ("fg_threshold", "bg_threshold", "fg_fraction", "context_pad", "crop_mode"), _WINDOWS
        ),
        "cache_images": _WINDOWS,
    }
)
"""Why each of the other keys is left out."""

_FED_BY_HAND = "MemoryData"


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
        for name, stage in names:
            if name in made:
                why = f"the set {name} is read by {makers[name]} already; this version reads one"
                context.report.note(field.mark, place_of(layer), why)
                continue
            makers[name] = maker_of(layer)
            made.put(name, _copied(entry, stage), field.mark)
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


def _copied(entry: Marked, stage: str | None) -> Marked:
    """Return the entry once more, for a set that may set a stage of its own."""
    made = mapping(entry.marks.value)
    for key, value in entry.data.items():
        made.put(key, Marked(value, entry.marks.children[key]), entry.marks.children[key].key)
    if stage is not None:
        made.put("stage", leaf(stage, entry.marks.value))
    return made


def _entry(layer: Message, context: Context) -> Marked:
    made = mapping(layer.mark)
    param = PARAM[str(one(layer, "type"))]
    path = f"{place_of(layer)}.{param}"
    for name, fields in grouped(own(layer)):
        if name in HELD:
            made.put(name, value_of(fields, param, context.report, path), fields[0].mark)
        else:
            context.report.note(fields[0].mark, f"{path}.{name}", LEFT_OUT[name])
    if "source" in made:
        made.data["source"] = context.path(made.data["source"])
    _put_batch_size(layer, made)
    _put_fields(layer, made)
    _put_transform(layer, made, context)
    return made


def _put_batch_size(layer: Message, made: Marked) -> None:
    """Give ImageData Caffe's default of one image; the other layers have none."""
    if one(layer, "type") == "ImageData" and "batch_size" not in made:
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


def _put_transform(layer: Message, made: Marked, context: Context) -> None:
    if one(layer, "type") == "HDF5Data":
        return
    for field in layer.named(TRANSFORM):
        transform = mapping(field.mark)
        for name, fields in grouped(message(field)):
            value = value_of(fields, TRANSFORM, context.report, TRANSFORM)
            if name == "mean_file":
                value.data = context.path(str(scalar(fields[0])))
            transform.put(name, value, fields[0].mark)
        made.put("transform", transform, field.mark)
