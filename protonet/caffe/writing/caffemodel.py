"""Weights of Caffe's, written: a NetParameter of `layer`s, each with its name, type and blobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from protonet.protobuf.arrays import Array
from protonet.protobuf.frames import Part, Parts, blob_parts, held
from protonet.protobuf.schema import message_class


@dataclass(frozen=True, slots=True)
class Stored:
    """A layer as a caffemodel has it.

    Attributes:
        name: of the layer.
        type: of the layer.
        blobs: its arrays, in Caffe's order.
    """

    name: str
    type: str
    blobs: Sequence[Array]


def caffemodel_parts(name: str, layers: Iterable[Stored]) -> Iterator[Part]:
    """Yield the bytes of a caffemodel, float32; arrays that are it already are not copied.

    Args:
        name: of the net.
        layers: all of them, those without arrays, too, as Caffe does.
    """
    yield message_class("NetParameter")(name=_raw(name)).SerializeToString()
    for layer in layers:
        yield from held("NetParameter", "layer", _parts(layer))


def write_caffemodel(path: Path, name: str, layers: Iterable[Stored]) -> None:
    """Write a caffemodel, as `caffemodel_parts` gives it, in the place of what is there."""
    with path.open("wb") as file:
        file.writelines(caffemodel_parts(name, layers))


def _parts(layer: Stored) -> Parts:
    kind = message_class("LayerParameter")
    parts: Parts = [kind(name=_raw(layer.name), type=_raw(layer.type)).SerializeToString()]
    for array in layer.blobs:
        parts += held("LayerParameter", "blobs", blob_parts(array))
    return parts


def _raw(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
