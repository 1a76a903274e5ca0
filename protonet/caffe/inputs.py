"""The inputs of an imported net: what is declared in the prototxt, with the shape of each.

Caffe declares inputs by `input: …` at the top of a net, by Input layers, and by the tops of its
data layers, whose shapes stand in the data and not in the prototxt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from protonet.caffe.context import Context
from protonet.caffe.layers import place_of
from protonet.caffe.marked import Marked, leaf, mapping
from protonet.caffe.text_format import Field, Message
from protonet.caffe.values import dims, message, one, scalar
from protonet.errors import UsageError
from protonet.problems import Mark
from protonet.records import ChannelOrder, suggestion

INPUT = "Input"
"""The layer type whose tops are inputs."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A blob that is fed, as one place of a prototxt declares it.

    Attributes:
        blob: its name.
        mark: where the name stands.
        shape: its sizes, or None where the prototxt does not say them.
        batched: whether the batch axis is missing from the sizes and goes in front of them.
        maker: what declares it, in words.
        channels: order of its channels, where it has images that are always decoded so.
    """

    blob: str
    mark: Mark
    shape: tuple[int, ...] | None
    batched: bool
    maker: str
    channels: ChannelOrder | None = None


def declared_by_fields(net: Message, context: Context) -> Iterator[Declared]:
    """Yield the inputs named by `input: …`, with their `input_shape` or four `input_dim`s."""
    names, shapes, sizes = (net.named(f"input{end}") for end in ("", "_shape", "_dim"))
    if shapes and sizes:
        why = "input_dim and input_shape say the same thing in two ways"
        context.report.refuse("PN015", sizes[0].mark, "input_dim", why, "keep input_shape")
        return
    found = [tuple(dims(message(field))) for field in shapes] or _in_fours(sizes)
    if found and len(found) != len(names) or len(sizes) % 4:
        key, needed = ("input_shape", "one") if shapes else ("input_dim", "four")
        why = f"{len(shapes or sizes)} {key} for {len(names)} input, each needs {needed}"
        context.report.refuse("PN013", (shapes or sizes)[0].mark, key, why)
        return
    for place, field in enumerate(names):
        shape = found[place] if found else None
        yield Declared(str(scalar(field)), field.value.mark, shape, False, "the field input")


def _in_fours(sizes: Sequence[Field]) -> list[tuple[int, ...]]:
    values = [scalar(field) for field in sizes]
    return [tuple(values[start : start + 4]) for start in range(0, len(values), 4)]


def declared_by_input_layer(layer: Message, context: Context) -> Iterator[Declared]:
    """Yield the tops of an Input layer; a single shape is that of every top."""
    tops = layer.named("top")
    shapes = [
        tuple(dims(message(shape)))
        for field in layer.named("input_param")
        for shape in message(field).named("shape")
    ]
    if len(shapes) == 1:
        shapes *= len(tops)
    if shapes and len(shapes) != len(tops):
        why, hint = f"{len(shapes)} shapes for {len(tops)} tops", "one for each, or one for all"
        context.report.refuse("PN013", layer.mark, f"{place_of(layer)}.input_param", why, hint)
        return
    for place, top in enumerate(tops):
        shape = shapes[place] if shapes else None
        yield Declared(str(scalar(top)), top.value.mark, shape, False, maker_of(layer))


def maker_of(layer: Message) -> str:
    """Return a layer in words: `the Data layer mnist`."""
    return f"the {one(layer, 'type')} layer {one(layer, 'name') or ''}".rstrip()


def inputs_of(
    declared: Iterable[Declared], indices: Collection[str], context: Context, mark: Mark
) -> Marked:
    """Return the section `net.inputs`.

    Args:
        declared: every declaration, in the order of the prototxt; a blob may have several, since
            train and test set are layers of their own.
        indices: the blobs that hold class indices, int64.
        context: its report gains what is missing.
        mark: where the net stands.

    Raises: UsageError if `shapes` names a blob that is no input, and nothing else is wrong.
    """
    by_blob: dict[str, list[Declared]] = {}
    for each in declared:
        by_blob.setdefault(each.blob, []).append(each)
    for blob in context.shapes:
        if blob not in by_blob and not context.report.problems:
            raise UsageError(f"shapes: the net has no input {blob}; {suggestion(blob, by_blob)}")
    made = mapping(mark)
    for blob, places in by_blob.items():
        given = context.shapes.get(blob)
        written = _own(places, context) if given is None else _given(given)
        if written is not None:
            dtype = {"dtype": "int64"} if blob in indices else {}
            made.put(blob, leaf({**dtype, **written}, places[0].mark), places[0].mark)
    return made


def _given(shape: Sequence[int | str] | Mapping[str, Any]) -> dict[str, Any]:
    return dict(shape) if isinstance(shape, Mapping) else {"shape": list(shape)}


def _own(places: Sequence[Declared], context: Context) -> dict[str, Any] | None:
    """Return what the prototxt says of an input, or None, reported, where it says too little.

    Where a data layer and an Input layer give the same blob, the first axis of the latter is the
    batch.
    """
    known = [each for each in places if each.shape is not None]
    if not known:
        first = places[0]
        context.report.refuse(
            "PN011",
            first.mark,
            f"net.inputs.{first.blob}.shape",
            f"{first.maker} gives {first.blob}, and the prototxt does not say its shape",
            f"give it, without the batch axis: net.inputs.{first.blob}=[3,224,224]",
        )
        return None
    chosen = known[0]
    shape = list(chosen.shape or ())
    if chosen.batched:
        return {"shape": shape, **({"channels": chosen.channels} if chosen.channels else {})}
    if any(each.batched for each in places):
        return {"shape": shape[1:]}
    return {"shape": shape, "batch": False}
