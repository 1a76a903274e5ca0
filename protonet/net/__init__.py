"""A net: the spec's layers as a torch graph for one phase, around parameters that all phases
share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import fx, nn

from protonet.errors import PathError, PathErrors, UsageError
from protonet.layers import LAYERS
from protonet.layers.record import LayerType
from protonet.net.graph import build_graph
from protonet.net.modules import Proof, Prover, Shape
from protonet.net.parameters import ParameterStore
from protonet.optim import Slot
from protonet.records import suggestion
from protonet.spec.deploy import derive_deploy
from protonet.spec.net import InputSpec, NetSpec
from protonet.spec.state import Phase
from protonet.spec.wiring import OWN_OUTPUT, Node, Value, Wirer, Wiring

__all__ = ["LossTerm", "Net", "Shape", "prove_phases"]

_CONVOLUTIONS = frozenset({"Convolution", "Deconvolution"})


@dataclass(frozen=True, slots=True)
class LossTerm:
    """One output that is minimised: its key among the outputs, its weight, whether it is one
    number."""

    output: str
    weight: float
    is_scalar: bool


class Net:
    """One net in one phase.

    Args:
        spec: the net section of a spec.
        phase: `train`, `test` or `deploy`.
        layers: the table of layer types.
        seed: first values of the parameters follow from it.
        device: where the parameters lie.
        stages: stages set besides the spec's own.
        share: a net of another phase whose parameters this one uses.
        channels_last: memory format of 4-d parameters; left out: channels last where there are
            convolutions.

    Attributes:
        params: every parameter and statistic, `params[layer][name]`.
        inputs: the names of the blobs that are fed, in order.
        outputs: the keys of what comes back, in order.
        shapes: the proved shape of each blob, by name (its last value).

    Raises: PathErrors with all that is wrong; `protonet.schema.located` adds file and line.
    """

    def __init__(
        self,
        spec: NetSpec,
        phase: Phase = "train",
        *,
        layers: Mapping[str, LayerType] = LAYERS,
        seed: int = 0,
        device: torch.device | str = "cpu",
        stages: tuple[str, ...] = (),
        share: Net | None = None,
        channels_last: bool | None = None,
    ) -> None:
        self.spec, self.phase, self.layers = spec, phase, layers
        self._wirer = share._wirer if share else Wirer(spec, layers)
        self._prover = share._prover if share else Prover(layers, self._wirer.inputs)
        self.wiring = self._wire(stages)
        proof = self._proved()
        self._modules, self._shapes = proof.modules, proof.shapes
        if channels_last is None:
            channels_last = any(layer.type in _CONVOLUTIONS for layer in spec.layers)
        memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.store = (
            share.store if share else ParameterStore(seed, torch.device(device), memory_format)
        )
        self._adopt()

    def _wire(self, stages: tuple[str, ...]) -> Wiring:
        if self.phase == "deploy":
            wiring = derive_deploy(self.spec, self.layers, self._wirer)
        else:
            wiring = self._wirer.wire(self.spec.net_state(self.phase, stages))
        _raise(self._wirer.errors)
        if not wiring.nodes:
            _raise(
                [PathError("PN029", ("net", "layers"), f"no layer is left in phase {self.phase}")]
            )
        return wiring

    def _proved(self) -> Proof:
        proof = self._prover.prove(self.wiring)
        _raise(proof.errors)
        return proof

    def _adopt(self) -> None:
        errors = []
        for position, node in enumerate(self.wiring.nodes):
            errors += self.store.adopt(node, self._modules[position], self.layers[node.layer.type])
        _raise(errors)

    @property
    def params(self) -> dict[str, dict[str, torch.Tensor]]:
        """Return every parameter and statistic by layer and name."""
        return self.store.params

    @property
    def device(self) -> torch.device:
        """Return where the parameters lie."""
        return self.store.device

    @property
    def memory_format(self) -> torch.memory_format:
        """Return the memory format that images should arrive in."""
        return self.store.memory_format

    @property
    def learnable(self) -> list[Slot]:
        """Return the tensors that are trained, each once, in the order of the layers."""
        return list(self.store.learnable.values())

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Return the names of the blobs that are fed, in the order of the graph's arguments."""
        return tuple(self.wiring.read_inputs())

    @cached_property
    def input_specs(self) -> dict[str, InputSpec]:
        """Return what the spec says of each input that is fed."""
        return self.wiring.read_inputs()

    @cached_property
    def outputs(self) -> dict[str, Value]:
        """Return what the graph gives: tops that no layer reads, and what is minimised."""
        values = dict.fromkeys((*self.wiring.unread(), *self._loss_weights))
        return {self._key(value): value for value in values}

    def _key(self, value: Value) -> str:
        """Return a blob's name, or `layer:NAME` for a value that the name no longer means."""
        if self.wiring.blobs.get(value.blob) == value:
            return value.blob
        return OWN_OUTPUT + self.spec.layers[value.layer].name

    @cached_property
    def _loss_weights(self) -> dict[Value, float]:
        weights = {}
        for node in self.wiring.nodes:
            is_loss = self.layers[node.layer.type].kind == "loss"
            given = node.loss_weights or ((1.0,) if is_loss else ())
            weights.update(
                {top: weight for top, weight in zip(node.tops, given, strict=False) if weight}
            )
        return weights

    @cached_property
    def loss_terms(self) -> tuple[LossTerm, ...]:
        """Return the outputs that are minimised, with their weights."""
        return tuple(
            LossTerm(self._key(value), weight, not self._shapes[value].small.shape)
            for value, weight in self._loss_weights.items()
        )

    @cached_property
    def graph_module(self) -> fx.GraphModule:
        """Return the net as straight-line code: input tensors in order → dict of outputs."""
        return build_graph(self.wiring, self._modules, self.outputs)

    @cached_property
    def measured(self) -> dict[str, tuple[int, int]]:
        """Return the losses and metrics: blob → (position of the layer, place of the top)."""
        return {
            self._key(top): (position, place)
            for position, node in enumerate(self.wiring.nodes)
            if self.layers[node.layer.type].kind != "layer"
            for place, top in enumerate(node.tops)
        }

    @cached_property
    def measuring_module(self) -> fx.GraphModule:
        """Return a graph whose losses and metrics give (numerator, denominator) pairs."""
        values = {self._key(top): top for node in self.wiring.nodes for top in node.tops}
        outputs = {name: values[name] for name in self.measured}
        return build_graph(
            self.wiring, self._modules, outputs, {at for at, _ in self.measured.values()}
        )

    def total_loss(self, outputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return what is minimised: the sum of the outputs times their weights, one number."""
        terms = [_weighed(outputs[term.output], term) for term in self.loss_terms]
        return terms[0] if len(terms) == 1 else torch.stack(terms).sum()

    def __call__(
        self, blobs: Mapping[str, torch.Tensor], wanted: Iterable[str] | None = None
    ) -> dict[str, torch.Tensor]:
        """Run the net.

        Args:
            blobs: a tensor per input.
            wanted: names of the blobs to return, inner ones too (`layer:NAME` for a layer's own
                output); left out: the outputs.

        Raises: UsageError if an input is missing or a wanted blob does not exist.
        """
        missing = [name for name in self.inputs if name not in blobs]
        if missing:
            raise UsageError(
                f"the net's input {missing[0]} is missing; it takes {', '.join(self.inputs)}"
            )
        module = self.graph_module if wanted is None else self._giving(tuple(wanted))
        result: dict[str, torch.Tensor] = module(*(blobs[name] for name in self.inputs))
        return result

    def _giving(self, wanted: tuple[str, ...]) -> fx.GraphModule:
        known = self.blobs()
        for name in wanted:
            if name not in known:
                raise UsageError(f"the net has no blob {name}; {suggestion(name, known)}")
        return build_graph(self.wiring, self._modules, {name: known[name] for name in wanted})

    def blobs(self) -> dict[str, Value]:
        """Return every blob by name, and every layer's own output as `layer:NAME`."""
        own = {
            OWN_OUTPUT + node.layer.name: node.tops[0] for node in self.wiring.nodes if node.tops
        }
        return {**self.wiring.blobs, **own}

    @property
    def shapes(self) -> dict[str, Shape]:
        """Return the proved shape of every blob."""
        return {name: self._shapes[value] for name, value in self.wiring.blobs.items()}

    def axes(self, value: Value) -> tuple[int | str, ...]:
        """Return the axes of a value, with N where they follow the batch."""
        return self._shapes[value].axes(self._prover.sizes)

    def table(self) -> list[tuple[Node, tuple[tuple[int | str, ...], ...], int]]:
        """Return, per layer, its node, the axes of its tops and its number of parameters."""
        return [
            (
                node,
                tuple(self.axes(top) for top in node.tops),
                _count(self.params.get(node.layer.name, {})),
            )
            for node in self.wiring.nodes
        ]

    def named_tensors(self) -> dict[str, torch.Tensor]:
        """Return every parameter and statistic once, by `layer/parameter`."""
        return dict(self.store.named())

    def in_phase(self, phase: Phase, stages: tuple[str, ...] = ()) -> Net:
        """Return the same net in another phase, around the same parameters."""
        return Net(self.spec, phase, layers=self.layers, stages=stages, share=self)

    def modules(self) -> Iterable[nn.Module]:
        """Return the module of each layer, in order."""
        return self._modules.values()


def prove_phases(spec: NetSpec, layers: Mapping[str, LayerType] = LAYERS) -> dict[str, Wiring]:
    """Prove the shapes of a net in all three phases without allocating any of it.

    Raises: PathErrors with everything wrong in any phase, repeated ones once.
    """
    wirer = Wirer(spec, layers)
    prover = Prover(layers, wirer.inputs)
    wirings = {phase: wirer.wire(spec.net_state(phase)) for phase in ("train", "test")}
    wirings["deploy"] = derive_deploy(spec, layers, wirer)
    errors = {(error.path, error.why): error for error in wirer.errors}
    for wiring in wirings.values():
        errors.update({(error.path, error.why): error for error in prover.prove(wiring).errors})
    _raise(list(errors.values()))
    return wirings


def _weighed(output: torch.Tensor, term: LossTerm) -> torch.Tensor:
    total = output if term.is_scalar else output.sum()
    return total if term.weight == 1 else total * term.weight


def _count(params: Mapping[str, Any]) -> int:
    return sum(int(tensor.numel()) for tensor in params.values())


def _raise(errors: list[PathError]) -> None:
    if errors:
        raise PathErrors(errors)
