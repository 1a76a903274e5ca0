"""JSON Schemas of the sections of a spec: net, data and solver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pydantic import TypeAdapter

from protonet.editor.layers import NAMES
from protonet.editor.maps import closed, keys, model, of_type, required, type_name, typed, when
from protonet.editor.values import (
    TEXT,
    Schema,
    choice,
    converted,
    described,
    either,
    one_or_list,
    ref,
)
from protonet.fillers import FILLERS
from protonet.lr_policy import LR_POLICIES
from protonet.optim import OPTIMIZERS
from protonet.records import Record, fields_of
from protonet.schema import Spec
from protonet.spec.data import DataSpec, LaterSource
from protonet.spec.duration import Interval
from protonet.spec.net import DeploySpec, InputSpec, NetSpec
from protonet.spec.optimizer import OptimizerSpec
from protonet.spec.policy import LrPolicySpec
from protonet.spec.solver import SolverSpec
from protonet.spec.torch_class import OPTIM, SCHEDULERS
from protonet.transforms import TRANSFORMS, CaffeTransform

_AXIS = {"type": ["integer", "string"], "minimum": 1, "maximum": 2**31 - 1}
"""The size of an axis, or its name."""
_SHAPE: Schema = {"type": "array", "items": _AXIS}
_MAP: Schema = {"type": "object", "additionalProperties": True}


class _Kind(Protocol):
    """An entry of a table, with the model of its own keys."""

    @property
    def params(self) -> type[Record]: ...


def definitions() -> Schema:
    """Return the definitions that the sections share."""
    return {
        "filler": _named_or_map(
            typed(_models(FILLERS), "A filler.", default="constant"), type_name(_models(FILLERS))
        ),
        "lr_policy": _policy(),
        "optimizer": _optimizer(),
        "input": either(_SHAPE, model(InputSpec, {"shape": either(_SHAPE)})),
        "transform": _transform(),
        "block": _block(),
    }


def net_keys() -> Schema:
    """Return the keys of the net section but `layers`, which depends on whether there is a base."""
    spelt = {
        "inputs": _by_name(ref("input")),
        "defaults": ref("defaults"),
        "deploy": model(DeploySpec, {"outputs": NAMES}),
        "layers": {"type": "array"},
    }
    base = "Another spec, relative to this one; this net is merged over the net of that."
    blocks = "Lists of layers with arguments, each used like a layer type."
    return {
        **keys(NetSpec, spelt),
        "base": described(dict(TEXT), base),
        "blocks": described(_by_name(ref("block")), blocks),
    }


def data_section() -> Schema:
    """Return the sets of samples."""
    spelt = {"transform": ref("transform")}
    changed = closed(keys(DataSpec, spelt))
    first, later = model(DataSpec, spelt), model(LaterSource, spelt)
    listed = {"type": "array", "items": [first], "additionalItems": later, "minItems": 1}
    text = "Sets of samples: `train`, and evaluation sets under any other name."
    return described(_by_name(either(changed, listed)), text)


def solver_section() -> Schema:
    """Return the solver, its update rule's keys beside its own or in `optimizer`."""
    own = keys(SolverSpec, {**_references(), "type": type_name(_models(OPTIMIZERS))})
    admitted = dict.fromkeys(own, True)
    in_map = closed({**admitted, "type": False})
    rules = [
        when(of_type(name), closed({**admitted, **keys(kind)}))
        for name, kind in _models(OPTIMIZERS).items()
    ]
    of_any = {key: one for kind in OPTIMIZERS.values() for key, one in keys(kind.params).items()}
    without = closed({**admitted, **of_any})  # a base may say which
    rules.append(when({"not": {"required": ["type"]}}, without))
    return {
        "type": "object",
        "properties": own,
        "if": {"required": ["optimizer"]},
        "then": in_map,
        "else": {"allOf": rules},
        "description": fields_of(Spec)["solver"].description,
    }


def completed() -> Schema:
    """Return, by section, what must be there if no base completes it."""
    named = when({"type": "object"}, {"required": ["type"]})
    policy = {"lr_policy": named, "optimizer": named}
    one_source = when({"type": "object"}, {"required": required(DataSpec)})
    return {
        "data": {"additionalProperties": one_source},
        "solver": {"required": required(SolverSpec), "properties": policy},
    }


def _references() -> Mapping[str, Schema]:
    return {
        "optimizer": ref("optimizer"),
        "lr_policy": ref("lr_policy"),
        "weights": one_or_list(TEXT),
        "device": either(choice(["auto", "cpu", "mps", "cuda"]), _device()),
    }


def _device() -> Schema:
    return {"type": "string", "pattern": r"^cuda:\d+$"}


def _models(table: Mapping[str, _Kind]) -> dict[str, type[Record]]:
    """Return the model of each entry's own keys."""
    return {name: kind.params for name, kind in table.items()}


def _optimizer() -> Schema:
    """Return an update rule of ours or torch's; the keys of torch's are torch's to check."""
    kinds, others = _models(OPTIMIZERS), choice(OPTIM.names())
    what = fields_of(OptimizerSpec)["type"].description
    return _named_or_map(typed(kinds, what, others=others, needed=False), type_name(kinds, others))


def _policy() -> Schema:
    """Return a policy of ours or torch's; ours take lengths in epochs too."""
    kinds, others = _models(LR_POLICIES), choice(SCHEDULERS.names())
    what = fields_of(LrPolicySpec)["type"].description
    length = converted(TypeAdapter(Interval).json_schema(), {})
    spelt = {"stepsize": length, "stepvalue": either({"type": "array", "items": length})}
    whole = typed(kinds, what, others=others, needed=False, spelt=spelt)
    return _named_or_map(whole, type_name(kinds, others))


def _named_or_map(whole: Schema, name: Schema) -> Schema:
    """Return what admits a map, or the bare name of its type."""
    return either(*name["anyOf"], whole)


def _transform() -> Schema:
    step = typed(_models(TRANSFORMS), "What is done.")
    return either(model(CaffeTransform), {"type": "array", "items": step})


def _by_name(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _block() -> Schema:
    """Return a block: its arguments, what it reads and gives, its layers."""
    layers: Schema = {"type": "array", "minItems": 1}
    args = "Arguments and their defaults; an empty value means that it must be given."
    return closed(
        {
            "args": described(either(TEXT, {"type": "array", "items": TEXT}, _MAP), args),
            "bottoms": described(NAMES, "Names of what it reads, inside.", "x"),
            "tops": described(NAMES, "Names of what it gives; left out: the last layer's top."),
            "layers": described(layers, "Its layers, which know only its own names."),
        },
        ["layers"],
    )
