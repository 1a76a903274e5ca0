"""One layer of a net → `layer { … }`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from protonet.caffe.text_format import Field
from protonet.caffe.writing.own_keys import own_fields
from protonet.caffe.writing.refusals import missing_keys, missing_type
from protonet.caffe.writing.rules import rule_fields
from protonet.caffe.writing.tree import group, number, text
from protonet.errors import PathError
from protonet.layers.record import LayerType
from protonet.spec.layer import LayerSpec, ParamSpec
from protonet.spec.nodes import Node

_STATISTICS = frozenset({"BatchNorm"})
"""Types whose parameters do not learn in Caffe, whatever is said."""


@dataclass(frozen=True, slots=True)
class Use:
    """A layer's parameter.

    Attributes:
        owner: what it is stored under, `layer/parameter`.
        shared: its name in `param`, where other layers use it too; else empty.
        spec: how it learns.
    """

    owner: str
    shared: str
    spec: ParamSpec


@dataclass(frozen=True, slots=True)
class Wired:
    """A layer with what it reads and gives.

    Attributes:
        node: the layer.
        kind: its type.
        bottoms, tops: names of the blobs, Caffe's.
        parameters: those it has, in Caffe's order.
    """

    node: Node
    kind: LayerType
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    parameters: Sequence[Use]


def layer_field(wired: Wired, problems: list[PathError], files: Mapping[str, str]) -> Field:
    """Return a layer.

    Args:
        wired: the layer.
        problems: gains what Caffe has not.
        files: by layer, the name of the file that holds the matrix of an InfogainLoss.
    """
    layer, index = wired.node.layer, wired.node.index
    fields = [text("name", layer.name), text("type", layer.type)]
    fields += [text("bottom", name) for name in wired.bottoms]
    fields += [text("top", name) for name in wired.tops]
    fields += [number("loss_weight", weight) for weight in layer.loss_weight or ()]
    fields += _params(wired)
    fields += [number("propagate_down", flag) for flag in layer.propagate_down or ()]
    fields += rule_fields(layer)
    if problem := missing_type(layer.type, index):
        problems.append(problem)
        return group("layer", fields)
    own, unknown = own_fields(layer.type, _own_keys(wired, files))
    problems += missing_keys(layer.type, unknown, index)
    return group("layer", [*fields, *own])


def _own_keys(wired: Wired, files: Mapping[str, str]) -> dict[str, Any]:
    """Return the keys of a layer's type without those that say what holds anyway; in the place of a
    matrix the name of its file."""
    layer = wired.node.layer
    params = wired.kind.freeze(layer.params) if layer.frozen else layer.params
    keys: dict[str, Any] = params.model_dump(exclude_defaults=True)
    if layer.name in files:
        keys = {"source": files[layer.name], **{k: v for k, v in keys.items() if k != "matrix"}}
    return keys


def _params(wired: Wired) -> Iterator[Field]:
    """Yield `param`s up to the last one that says something."""
    made = [list(_param(use, wired.node.layer)) for use in wired.parameters]
    while made and not made[-1]:
        made.pop()
    yield from (group("param", fields) for fields in made)


def _param(use: Use, layer: LayerSpec) -> Iterator[Field]:
    if use.shared:
        yield text("name", use.shared)
    if layer.type in _STATISTICS:
        return
    rates = {
        "lr_mult": 0.0 if layer.frozen else use.spec.lr_mult,
        "decay_mult": use.spec.decay_mult,
    }
    yield from (number(name, rate) for name, rate in rates.items() if rate != 1)
