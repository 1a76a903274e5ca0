"""A layer type as people read it, from its record, its model and its builder's docstring."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from protonet.errors import UsageError
from protonet.language.block import INNER_KEYS
from protonet.language.recurrence import RECURRENT
from protonet.layers import LAYERS
from protonet.layers.record import Arity, LayerType
from protonet.look.keys import Key, keys_of, sentence_of
from protonet.spec.layer import COMMON, LayerSpec
from protonet.spec.unknown_type import unknown_type

KINDS = ("layer", "loss", "metric")


@dataclass(frozen=True, slots=True)
class TypePage:
    """What there is to say of one layer type.

    Attributes:
        sentence: the first of the text.
        bottoms, tops: how many, and which of the bottoms are targets.
        parameters: names of its parameters and statistics, in Caffe's blob order.
        deploy: the type that takes its place in a deployed net; None where nothing does, and
            where it stays as it is.
        keys: its own.
        common: those of every layer that it takes.
        text: its builder's docstring: shapes, what is refused, source.
    """

    name: str
    kind: str
    sentence: str
    bottoms: str
    tops: str
    parameters: tuple[str, ...]
    deploy: str | None
    keys: tuple[Key, ...]
    common: tuple[Key, ...]
    text: str


def page(name: str, layers: Mapping[str, LayerType] = LAYERS) -> TypePage:
    """Return what there is to say of a type.

    Raises: UsageError if there is none of this name.
    """
    if name not in layers:
        why, hint = unknown_type(name, layers)
        raise UsageError(f"{name}: {why}; {hint}")
    kind = layers[name]
    return TypePage(
        name,
        kind.kind,
        first_sentence(kind),
        _bottoms(kind),
        str(kind.tops),
        kind.parameters,
        _deploy(kind),
        keys_of(kind.params),
        keys_of(LayerSpec, _common(name)),
        _text(kind),
    )


def _common(name: str) -> frozenset[str]:
    """Return the common keys that a type takes: one that applies a block has no layer's own."""
    return COMMON - {"bottom", *INNER_KEYS} if name == RECURRENT else COMMON


def overview(layers: Mapping[str, LayerType] = LAYERS) -> dict[str, dict[str, str]]:
    """Return the first sentence on each type, by kind."""
    return {
        kind: {name: first_sentence(layers[name]) for name in _of_kind(layers, kind)}
        for kind in KINDS
    }


def _of_kind(layers: Mapping[str, LayerType], kind: str) -> Iterator[str]:
    return (name for name in sorted(layers, key=str.lower) if layers[name].kind == kind)


def first_sentence(kind: LayerType) -> str:
    """Return what a type does, in the first sentence of its builder's docstring."""
    return sentence_of(_text(kind))


def _text(kind: LayerType) -> str:
    build = kind.build.func if isinstance(kind.build, partial) else kind.build
    return inspect.cleandoc(build.__doc__ or kind.params.__doc__ or "")


def _bottoms(kind: LayerType) -> str:
    if not kind.targets:
        return str(kind.bottoms)
    places = (_place(position, kind.bottoms) for position in kind.targets)
    what = "class indices" if kind.index_targets else "targets"
    return f"{kind.bottoms}; {what}: {', '.join(places)}"


def _place(position: int, bottoms: Arity) -> str:
    if position >= 0:
        return f"bottom {position + 1}"
    return "the last" if position == -1 else f"the last but {-position - 1}"


def _deploy(kind: LayerType) -> str | None:
    form = kind.deploy(kind.params.model_construct()) if kind.deploy else None
    return form[0] if form else None
