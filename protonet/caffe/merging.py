"""A net for training and a net for testing, in files of their own, as one net with phases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from protonet.caffe.rules import exists
from protonet.caffe.text_format import Field, Message, Scalar
from protonet.caffe.values import message, one
from protonet.spec.state import Phase, State

_LEARNS = frozenset({"param", "weight_filler", "bias_filler", "filler", "engine", "blobs"})
"""Fields that a net for testing may leave out: they change nothing there."""

_RULES = frozenset({"include", "exclude", "phase"})

_GLOBAL = "use_global_stats"
"""A BatchNorm chooses its statistics by the phase, where the nets say just that."""

_CHOICES = (*((one, other) for one in (None, False) for other in (None, True)), (True, True))
"""What nets for training and for testing say of it, if they mean the same layer."""

_INPUTS = frozenset({"input", "input_dim", "input_shape"})


def merged(train: Message, test: Message) -> Message:
    """Return one net, whose layers exist in the phases of the nets that they stood in.

    What both nets have is written once; where they differ, each has its own. Layers keep the order
    that they have in either net.

    Args:
        train: the net that is trained, in Caffe's dialect since 2014, checked.
        test: the net that is tested, likewise.
    """
    trained, tested = _layers(train, "train"), _layers(test, "test")
    after = [_name(field) for field in tested]
    made: list[Field] = []
    place = 0
    for field in trained:
        twin = _next(after, _name(field), place)
        if twin is None:
            made.append(_only(field, "TRAIN"))
            continue
        made += [_only(each, "TEST") for each in tested[place:twin]]
        made += _both(field, tested[twin])
        place = twin + 1
    made += [_only(each, "TEST") for each in tested[place:]]
    declares = [field for field in test.fields if field.name in _INPUTS]
    own = [field for field in train.fields if field.name != "layer"]
    if not any(field.name in _INPUTS for field in own):
        own += declares
    return replace(train, fields=(*own, *made))


def _layers(net: Message, phase: Phase) -> list[Field]:
    """Return the layers that a net has in the only phase that it is for."""
    return [field for field in net.named("layer") if exists(message(field), State(phase))]


def _next(names: Sequence[str], name: str, start: int) -> int | None:
    return names.index(name, start) if name in names[start:] else None


def _both(train: Field, test: Field) -> Iterator[Field]:
    """Yield a layer of both nets: once where it is the same."""
    same = _meaning(message(train)) == _meaning(message(test))
    if same and _choices(train, test) in _CHOICES:
        layer = message(train)
        is_by_phase = _choices(train, test) != (True, True)
        yield replace(train, value=_without_rules(_by_phase(layer) if is_by_phase else layer))
    else:
        yield _only(train, "TRAIN")
        yield _only(test, "TEST")


def _meaning(source: Message) -> list[tuple[str, Any]]:
    """Return what a layer says, but for what only training needs and for its places."""
    return [
        (field.name, _meaning(field.value))
        if isinstance(field.value, Message)
        else (field.name, field.value.value)
        for field in sorted(source.fields, key=lambda field: field.name)
        if field.name not in _LEARNS | _RULES | {_GLOBAL}
        and not (isinstance(field.value, Message) and not _meaning(field.value))
    ]


def _by_phase(train: Message) -> Message:
    """Return a layer without a choice that follows from the phase."""
    fields = [
        replace(field, value=_without(message(field), _GLOBAL))
        if field.name == "batch_norm_param"
        else field
        for field in train.fields
    ]
    return replace(train, fields=tuple(fields))


def _choices(train: Field, test: Field) -> tuple[Any, Any]:
    """Return whether a BatchNorm is told to use its stored statistics, in either net."""
    found = []
    for field in (train, test):
        params = message(field).named("batch_norm_param")
        found.append(one(message(params[0]), _GLOBAL) if params else None)
    return found[0], found[1]


def _without(source: Message, name: str) -> Message:
    return replace(source, fields=tuple(one for one in source.fields if one.name != name))


def _without_rules(source: Message) -> Message:
    return replace(source, fields=tuple(one for one in source.fields if one.name not in _RULES))


def _only(field: Field, phase: str) -> Field:
    """Return a layer with the rule that it is of one phase."""
    source = _without_rules(message(field))
    rule = Message((Field("phase", Scalar("word", phase, field.mark), field.mark),), field.mark)
    return replace(
        field, value=replace(source, fields=(*source.fields, Field("include", rule, field.mark)))
    )


def _name(field: Field) -> str:
    return str(one(message(field), "name") or "")
