"""A wired net → one torch module per layer, its shapes proved on the meta device before any data is
read.

Every layer is built without memory, once for each of two sizes of every named axis (N, T, …): what
differs between the two is how its tops depend on the batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from protonet.errors import Path, PathError, ShapeError
from protonet.layers.record import Blob, LayerType, Setting
from protonet.net.axes import Shape, axis_sizes, follows, shown
from protonet.net.graph import acting_places
from protonet.net.loops import LoopProver, Prove
from protonet.net.proof import KeyRefused, Proof
from protonet.plugins import line_in_plugin
from protonet.source import without_collector
from protonet.spec.layer import LayerSpec
from protonet.spec.net import InputSpec, NetSpec
from protonet.spec.nodes import Body, Node, Value, Wiring
from protonet.spec.sharing import Sharing
from protonet.spec.state import State

_TORCHS = (RuntimeError, IndexError, ValueError, AssertionError)
"""What torch raises when it refuses a shape."""


@dataclass(frozen=True, slots=True)
class _Use:
    """The first use of a parameter: its name, by which layer, in which phase, and its shape."""

    name: str
    layer: LayerSpec
    phase: str
    shape: tuple[int, ...]


class Prover:
    """Builds and proves nets of one spec; what was proved in one phase is not run again in another.

    Args:
        spec: the net.
        layers: the table of layer types.
        sharing: which parameters are one.
    """

    def __init__(self, spec: NetSpec, layers: Mapping[str, LayerType], sharing: Sharing) -> None:
        self.layers, self.sharing = layers, sharing
        self.sizes = axis_sizes({**spec.inputs, **_deployed(spec)})
        self._known: dict[object, tuple[Shape, ...]] = {}
        self._first: dict[str, _Use] = {}

    @without_collector()
    def prove(self, wiring: Wiring) -> Proof:
        """Return the modules and shapes of a wired net, with every error that could be found."""
        proof = Proof(self.sizes)
        for value, spec in wiring.inputs.values():
            dtype = getattr(torch, spec.dtype)
            proof.shapes[value] = Shape(*(Blob(spec.sized(sizes), dtype) for sizes in self.sizes))
        with torch.device("meta"), torch.no_grad():
            self._prove_nodes(wiring.nodes, wiring.state, proof)
        return proof

    def _prove_nodes(self, nodes: Sequence[Node], state: State, proof: Proof) -> None:
        makers = {top: node.layer.name for node in nodes for top in node.tops}
        for position, node in enumerate(nodes):
            if self._can_be_proved(node, proof):
                try:
                    self._prove_node(position, node, state, proof)
                except _Refused as error:
                    proof.errors.append(_explained(error, node, makers, proof))

    def _can_be_proved(self, node: Node, proof: Proof) -> bool:
        """Return whether nothing was wrong so far with a layer and what it reads."""
        kind = self.layers[node.layer.type]
        counts = kind.bottoms.admits(len(node.bottoms)) and kind.tops.admits(len(node.tops))
        known = all(bottom in proof.shapes for bottom in node.bottoms)
        return counts and known and node.layer.params is not None

    def _prove_node(self, position: int, node: Node, state: State, proof: Proof) -> None:
        bottoms = [proof.shapes[bottom] for bottom in node.bottoms]
        if node.body is not None:
            self._prove_loop(position, node, state, proof)
            return
        setting = Setting(state.phase, len(node.tops), node.layer.name)
        with _at_sizes(self.sizes[0]):
            module = self._build(node, [bottom.small for bottom in bottoms], setting)
        tops = self._tops(node, module, bottoms, setting)
        proof.modules[position] = module
        proof.shapes.update(zip(node.tops, tops, strict=True))
        kind = self.layers[node.layer.type]
        proof.errors += _unknown_params(node, module, kind)
        proof.errors += self._unequal_params(node, module, state)

    def _prove_loop(self, position: int, node: Node, state: State, proof: Proof) -> None:
        """Prove a recurrent layer by one step of it."""
        if node.body is None:
            return
        bottoms, prove = [proof.shapes[value] for value in node.bottoms], self._step_prover(state)
        acting = acting_places(node.body.nodes, self.layers)
        with _at_sizes({}):
            loop = LoopProver(node, node.body, bottoms, self.sizes, prove, acting)
            found = loop.proved()
        proof.errors += found.step.errors
        if found.module is not None:
            proof.steps[position], proof.modules[position] = found.step, found.module
            proof.shapes.update(zip(node.tops, found.tops, strict=True))

    def _step_prover(self, state: State) -> Prove:
        """Return what proves one step; what a step that was only tried has left is forgotten."""
        known = dict(self._first)

        def prove(body: Body, shapes: Mapping[Value, Shape]) -> Proof:
            self._first = dict(known)
            step = Proof(self.sizes, shapes=dict(shapes), given="the block's bottoms")
            self._prove_nodes(body.nodes, state, step)
            return step

        return prove

    def _build(self, node: Node, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
        kind = self.layers[node.layer.type]
        params = kind.freeze(node.layer.params) if node.layer.frozen else node.layer.params
        module = kind.build(params, bottoms, setting)
        if not isinstance(module, nn.Module):
            raise ShapeError(f"build gives no torch.nn.Module, but {module}")
        return module.train(setting.phase == "train")

    def _tops(
        self, node: Node, module: nn.Module, bottoms: Sequence[Shape], setting: Setting
    ) -> tuple[Shape, ...]:
        key = (node.index, node.layer.type, tuple(bottoms), setting.tops)
        if key not in self._known:
            with _at_sizes(self.sizes[0]):
                small = self._run(node, module, [shape.small for shape in bottoms], setting)
            with _at_sizes(self.sizes[1]):
                blobs = [shape.large for shape in bottoms]
                other = self._build(node, blobs, setting)
                large = self._run(node, other, blobs, setting)
            _check_names(self.layers[node.layer.type], module)
            self._check_parameters(self.layers[node.layer.type], module, other)
            self._known[key] = tuple(Shape(*pair) for pair in zip(small, large, strict=True))
        return self._known[key]

    def _run(
        self, node: Node, module: nn.Module, bottoms: Sequence[Blob], setting: Setting
    ) -> tuple[Blob, ...]:
        kind = self.layers[node.layer.type]
        if kind.infer is not None:
            blobs = kind.infer(node.layer.params, bottoms, setting)
        else:
            given = module(*(torch.empty(blob.shape, dtype=blob.dtype) for blob in bottoms))
            tops = given if isinstance(given, tuple) else (given,)
            if not all(isinstance(top, torch.Tensor) for top in tops):
                raise ShapeError(f"it gives {type(given).__name__}, and tensors are needed")
            blobs = tuple(Blob(tuple(top.shape), top.dtype) for top in tops)
        if len(blobs) != setting.tops:
            raise ShapeError(f"it gives {len(blobs)} tops here, and {setting.tops} are named")
        return blobs

    def _check_parameters(self, kind: LayerType, small: nn.Module, large: nn.Module) -> None:
        """Refuse parameters whose shapes follow a named axis."""
        for name in present(kind, small):
            blobs = (Blob(tuple(getattr(module, name).shape)) for module in (small, large))
            axes = Shape(*blobs).axes(self.sizes)
            if any(isinstance(axis, str) for axis in axes):
                why = f"the parameter {name} would have the shape {shown(axes)}, which is not fixed"
                raise _Refused(ShapeError(why), {})

    def _unequal_params(self, node: Node, module: nn.Module, state: State) -> Iterator[PathError]:
        layer, place = node.layer, ("net", "layers", node.index)
        for name in present(self.layers[layer.type], module):
            shape = tuple(getattr(module, name).shape)
            use = _Use(f"{layer.name}/{name}", layer, state.phase, shape)
            first = self._first.setdefault(self.sharing.owner(layer.name, name), use)
            is_same = use.name == first.name
            if use.shape == first.shape or (is_same and first.layer.exists_in(state)):
                continue  # layers of one name in one phase are an error of the wiring
            why = f"{use.name} {shown(use.shape)} is shared with {first.name} {shown(first.shape)}"
            why += f" of phase {first.phase}" if is_same else ""
            path: Path = (*place, "param", name, "name") if layer.param_spec(name).name else place
            yield PathError("PN028", path, why, hint="shared parameters have one shape")


def _deployed(spec: NetSpec) -> Mapping[str, InputSpec]:
    """Return what the deploy net is fed besides, under names that no input has."""
    given = spec.deploy.inputs if spec.deploy else {}
    return {f"deploy {name}": one for name, one in given.items()}


def present(kind: LayerType, module: nn.Module) -> tuple[str, ...]:
    """Return the names of the parameters and statistics that this module has, in Caffe's blob
    order."""
    return tuple(name for name in kind.parameters if getattr(module, name, None) is not None)


def _check_names(kind: LayerType, module: nn.Module) -> None:
    """Refuse a module with parameters or statistics that its type does not name, as a plugin's may
    have: they would never get any memory."""
    held = (*dict(module.named_parameters()), *dict(module.named_buffers()))
    unnamed = [name for name in held if name not in kind.parameters]
    if unnamed:
        why = (
            f"its module holds {', '.join(unnamed)}, which the LayerType {kind.name} does not name"
        )
        hint = f"parameters=({', '.join(map(repr, (*kind.parameters, *unnamed)))},)"
        raise _Refused(ShapeError(why, hint), {})


class _Refused(Exception):
    """A layer's refusal, and the sizes of the named axes at which it came."""

    def __init__(self, error: ShapeError, sizes: Mapping[str, int]) -> None:
        self.error, self.sizes = error, sizes
        super().__init__(error.why)


@contextmanager
def _at_sizes(sizes: Mapping[str, int]) -> Iterator[None]:
    """Add to a refusal at which sizes it came; torch's own refusal of a shape becomes ours, and so
    does whatever a plugin raises."""
    try:
        yield
    except ShapeError as error:
        raise _Refused(error, sizes) from error
    except Exception as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)
        if where := line_in_plugin(error):
            why = f"{where}: {type(error).__name__}: {error}"
        elif not isinstance(error, _TORCHS) or _lacks_meta(error):
            raise  # an operation without a rule for the meta device, too, is our mistake
        raise _Refused(ShapeError(why), sizes) from error


def _lacks_meta(error: Exception) -> bool:
    """Return whether torch says that an operation has no rule for the meta device; of some shapes
    it says, with the same class of error, that it has no operation for them."""
    return isinstance(error, NotImplementedError) and "meta" in str(error).lower()


def _unknown_params(node: Node, module: nn.Module, kind: LayerType) -> Iterator[PathError]:
    names = present(kind, module)
    for name in node.layer.param:
        if name not in names:
            why = f"this {kind.name} has no parameter {name}"
            hint = f"it has {', '.join(names)}" if names else "it has none"
            yield PathError("PN027", ("net", "layers", node.index, "param", name), why, hint=hint)
        elif node.layer.param[name].lr_mult and not isinstance(getattr(module, name), nn.Parameter):
            why = f"{name} is a statistic of {kind.name}, which no gradient changes"
            where = ("net", "layers", node.index, "param", name)
            if "lr_mult" in node.layer.param[name].model_fields_set:
                yield PathError("PN027", where, why, hint="leave lr_mult out, or write 0")


def _explained(
    refused: _Refused, node: Node, makers: Mapping[Value, str], proof: Proof
) -> PathError:
    """Add to a refusal where each bottom comes from, and its shape."""
    lines = [refused.error.hint] if refused.error.hint else []
    named: list[str] = []
    for value in node.bottoms:
        axes = proof.axes(value)
        source = f"layer {makers[value]}" if value in makers else proof.given
        lines.append(f"bottom {value.blob} {shown(axes)} from {source}")
        named += [name for name in refused.sizes if any(follows(axis, name) for axis in axes)]
    if named:
        known = (f"{name} = {refused.sizes[name]}" for name in dict.fromkeys(named))
        lines.append(f"tried with {', '.join(known)}")
    key = refused.error.key if isinstance(refused.error, KeyRefused) else ()
    path = ("net", "layers", node.index, *key)
    return PathError("PN026", path, refused.error.why, hint="\n".join(lines))
