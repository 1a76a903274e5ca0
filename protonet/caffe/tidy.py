"""An imported spec as a person would have written it, and as YAML."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from protonet.caffe.said import Said
from protonet.caffe.tidy_layers import tidy_layers
from protonet.caffe.yaml_lines import block, entry, flow, remarks
from protonet.errors import PathErrors, SpecError
from protonet.look.expanded import escaped
from protonet.lr_policy import LR_POLICIES
from protonet.net import prove_phases
from protonet.optim import OPTIMIZERS
from protonet.schema import Spec, check_spec
from protonet.source import Marks, Origin
from protonet.spec.data import DataSpec
from protonet.spec.solver import SolverSpec
from protonet.transforms.caffe import CaffeTransform

_WHY = {"channels_last": "           # Caffe's memory layout, in which training rounds as its did"}
"""What is said behind keys of the solver that stood in no prototxt."""

_STATES = frozenset({"LSTM", "RNN"})
"""Types whose first axis is the time, and not the batch."""


@dataclass(slots=True)
class Tidy:
    """A spec to be written.

    Attributes:
        data: plain data; changed by whoever knows better where the files lie.
        said: the comments.
        head: lines at the top.
    """

    data: dict[str, Any]
    said: Said = field(default_factory=dict)
    head: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the spec as YAML."""
        return "\n".join([*self._lines(), ""])

    def _lines(self) -> Iterator[str]:
        data = escaped(self.data)
        yield from remarks((f" {line}" for line in self.head), "")
        yield from remarks(self.said.get((), ()), "")
        if "name" in data:
            yield f"name: {flow(data['name'])}"
        if "plugins" in data:
            yield f"plugins: {flow(data['plugins'])}"
        if data.get("data"):
            yield "data:"
            for name, keys in data["data"].items():
                yield from remarks(self.said.get(("data", name), ()), "  ")
                yield from block(keys, name, "  ")
        yield from self._net(data["net"])
        if "solver" in data:
            yield from self._solver(data["solver"])

    def _net(self, net: Mapping[str, Any]) -> Iterator[str]:
        yield "net:"
        for key, value in net.items():
            if key == "inputs":
                yield from entry(value, "  inputs: ")
            elif key == "defaults":
                yield "  defaults:"
                for name, keys in value.items():
                    yield from entry(keys, f"    {flow(name)}: ")
            elif key != "layers":
                yield f"  {key}: {flow(value)}"
        yield "  layers:"
        for place, keys in enumerate(net["layers"]):
            yield from remarks(self.said.get(("net", "layers", place), ()), "    ")
            yield from entry(keys, "    - ")

    def _solver(self, solver: Mapping[str, Any]) -> Iterator[str]:
        yield "solver:"
        for key, value in solver.items():
            yield from remarks(self.said.get(("solver", key), ()), "  ")
            yield f"  {key}: {flow(value)}{_WHY.get(key, '')}"


def tidied(spec: Spec) -> Tidy:
    """Return a spec, whose layers name every bottom, as a person would have written it."""
    written = spec.expanded.data
    net = {key: value for key, value in written["net"].items() if value not in (False, {})}
    name = written.get("name", net.pop("name", None))
    defaults, layers = tidy_layers(spec.net, net.pop("layers"))
    if "inputs" in net:
        inputs = _batched(spec)
        net["inputs"] = {blob: _short(keys) for blob, keys in inputs.items()}
    data: dict[str, Any] = {"name": name} if name is not None else {}
    if written.get("data"):
        data["data"] = {key: _set(keys) for key, keys in written["data"].items()}
    data["net"] = {**net, **({"defaults": defaults} if defaults else {}), "layers": layers}
    if spec.solver is not None:
        solver = _solver(spec.solver, written["solver"])
        marks = spec.expanded.marks.find(("solver",))
        data["solver"] = dict(sorted(solver.items(), key=lambda item: _line(marks, item[0])))
    return Tidy(data)


def _line(marks: Marks | None, key: str) -> int:
    """Return in which line a key stood; what stood nowhere comes last."""
    found = marks.children.get(key) if marks else None
    return found.key.line if found and found.key else sys.maxsize


def _batched(spec: Spec) -> dict[str, Any]:
    """Return the inputs without their batch axes, if the net takes a batch of any size.

    A prototxt for deployment has to name a size, and whoever uses it takes another.
    """
    inputs: dict[str, Any] = spec.expanded.data["net"]["inputs"]
    literal = {
        blob: keys
        for blob, keys in inputs.items()
        if isinstance(keys, Mapping) and keys.get("batch") is False
    }
    sizes = {tuple(keys["shape"][:1]) for keys in literal.values()}
    states = any(layer.type in _STATES for layer in spec.net.layers)
    if len(sizes) != 1 or () in sizes or states:
        return inputs
    freed = {blob: {"shape": list(keys["shape"][1:])} for blob, keys in literal.items()}
    changed = {
        blob: {**{key: value for key, value in keys.items() if key != "batch"}, **freed[blob]}
        if blob in freed
        else keys
        for blob, keys in inputs.items()
    }
    return changed if _holds(spec, changed) else inputs


def _holds(spec: Spec, inputs: Mapping[str, Any]) -> bool:
    """Return whether every shape of a net can be with other inputs."""
    origin = spec.origin
    net = {**origin.data["net"], "inputs": dict(inputs)}
    other = Origin(origin.name, origin.folder, {"net": net}, origin.marks)
    try:
        prove_phases(check_spec(other, spec.tables).net)
    except (PathErrors, SpecError):
        return False
    return True


def _short(keys: Any) -> Any:
    """Return an input by its shape alone, where that says it all."""
    if isinstance(keys, Mapping) and keys.keys() == {"shape"}:
        return keys["shape"]
    if isinstance(keys, Mapping):
        return {"shape": keys["shape"], **keys}
    return keys


def _set(keys: Any) -> Any:
    """Return a data set without what holds anyway."""
    if not isinstance(keys, Mapping):
        return keys
    made = _without(keys, {name: one.default for name, one in DataSpec.model_fields.items()})
    transform = made.get("transform")
    if isinstance(transform, Mapping):
        fields = CaffeTransform.model_fields
        made["transform"] = _without(transform, {name: fields[name].default for name in fields})
        if not made["transform"]:
            del made["transform"]
    return made


def _without(keys: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in keys.items()
        if value != defaults.get(key)
        or isinstance(value, bool) != isinstance(defaults.get(key), bool)
    }


def _solver(solver: SolverSpec, written: Mapping[str, Any]) -> dict[str, Any]:
    """Return the section `solver` without what holds anyway."""
    rule = OPTIMIZERS[solver.type].params.model_fields if solver.type in OPTIMIZERS else {}
    known = {**SolverSpec.model_fields, **rule}
    made = _without(written, {key: one.default for key, one in known.items()})
    policy = made.get("lr_policy")
    if isinstance(policy, Mapping) and policy.get("type") in LR_POLICIES:
        fields: Any = LR_POLICIES[policy["type"]].params.model_fields
        made["lr_policy"] = _without(policy, {key: one.default for key, one in fields.items()})
        if made["lr_policy"].keys() == {"type"}:
            made["lr_policy"] = policy["type"]
    if made.get("lr_policy") == "fixed":
        del made["lr_policy"]
    weights = made.get("weights")
    if isinstance(weights, list | tuple) and len(weights) == 1:
        made["weights"] = weights[0]
    return made
