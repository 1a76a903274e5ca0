"""Layers of one name: Caffe takes them, protonet stores weights by name and so does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from protonet.caffe.layers import place_of
from protonet.caffe.marked import Marked
from protonet.caffe.report import Report
from protonet.caffe.rules import exists
from protonet.caffe.text_format import Message
from protonet.caffe.values import texts
from protonet.spec.state import PHASES, State


def rename_repeated(
    layers: Sequence[Message], made: Sequence[Marked], state: State, report: Report
) -> None:
    """Give a layer another name where one above it in the same phase has its name; note it.

    Args:
        layers: the layers as they were read.
        made: the same as plain data, changed in place.
        state: level and stages that the net itself is in.
        report: gains the notes.
    """
    used = {str(layer.data.get("name")) for layer in made}
    taken: set[tuple[str, str]] = set()
    for source, layer in zip(layers, made, strict=True):
        name = layer.data.get("name")
        phases = [each for each in PHASES if exists(source, State(each, state.level, state.stages))]
        if any((name, phase) in taken for phase in phases):
            name = next(other for other in _others(source, str(name)) if other not in used)
            used.add(name)
            layer.data["name"] = name
            why = f"a layer above has this name too, here this one is called {name}"
            report.note(layer.marks.children["name"].value, f"{place_of(source)}.name", why)
        taken.update((str(name), phase) for phase in phases)


def _others(layer: Message, name: str) -> Iterator[str]:
    """Yield names that say which layer it is: its top's, then numbers."""
    yield from texts(layer, "top")
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1
