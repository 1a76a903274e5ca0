"""What a net is in one phase: its wiring, proved shapes and modules, and its graphs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from torch import fx, nn

from protonet.errors import UsageError
from protonet.layers.record import LayerType
from protonet.net.axes import Axes, Shape
from protonet.net.graph import build_graph
from protonet.net.modules import Proof
from protonet.records import suggestion
from protonet.spec.net import InputSpec
from protonet.spec.wiring import Value, Wiring


@dataclass(frozen=True, slots=True)
class LossTerm:
    """One output that is minimised: its key among the outputs, its weight, whether it is one
    number."""

    output: str
    weight: float
    is_scalar: bool


class Form:
    """One phase of a net.

    Args:
        wiring: which layer reads what.
        proof: the modules and shapes.
        layers: the table of layer types.
    """

    def __init__(self, wiring: Wiring, proof: Proof, layers: Mapping[str, LayerType]) -> None:
        self.wiring, self.layers = wiring, layers
        self._proof = proof

    @cached_property
    def input_specs(self) -> dict[str, InputSpec]:
        """Return what the spec says of each blob that is fed, in the order of the graph's
        arguments."""
        return self.wiring.read_inputs()

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the names of the blobs that are fed, in the order of the graph's arguments."""
        return tuple(self.input_specs)

    @cached_property
    def outputs(self) -> dict[str, Value]:
        """Return what the graph gives: tops that no layer reads, and what is minimised."""
        values = dict.fromkeys((*self.wiring.unread(), *self._loss_weights))
        return {self.wiring.name_of(value): value for value in values}

    @cached_property
    def _loss_weights(self) -> dict[Value, float]:
        weights: dict[Value, float] = {}
        for node in self.wiring.nodes:
            given = node.layer.loss_weight
            if given is None:
                given = (1.0,) if self.layers[node.layer.type].kind == "loss" else ()
            pairs = zip(node.tops, given, strict=False)
            weights.update({top: weight for top, weight in pairs if weight})
        return weights

    @cached_property
    def loss_terms(self) -> tuple[LossTerm, ...]:
        """Return the outputs that are minimised, with their weights."""
        return tuple(
            LossTerm(self.wiring.name_of(value), weight, not self._proof.shapes[value].small.shape)
            for value, weight in self._loss_weights.items()
        )

    @cached_property
    def measured(self) -> dict[str, tuple[int, int]]:
        """Return the losses and metrics: blob → (position of the layer, place of the top)."""
        return {
            self.wiring.name_of(top): (position, place)
            for position, node in enumerate(self.wiring.nodes)
            if self.layers[node.layer.type].kind != "layer"
            for place, top in enumerate(node.tops[: self.layers[node.layer.type].measures])
        }

    def blobs(self) -> dict[str, Value]:
        """Return every blob by name, and every layer's own output as `layer:NAME`."""
        return {**self.wiring.blobs, **self.wiring.own_outputs()}

    @property
    def shapes(self) -> dict[str, Shape]:
        """Return the proved shape of every blob, by name (its last value)."""
        return {name: self._proof.shapes[value] for name, value in self.wiring.blobs.items()}

    def axes(self, value: Value) -> Axes:
        """Return the axes of a value, with N where they follow the batch."""
        return self._proof.shapes[value].axes(self._proof.sizes)

    def modules(self) -> Iterable[nn.Module]:
        """Return the module of each layer, in order."""
        return self._proof.modules.values()

    @cached_property
    def graph_module(self) -> fx.GraphModule:
        """Return the net as straight-line code: input tensors in order → dict of outputs."""
        return build_graph(self.wiring, self._proof.modules, self.outputs)

    @cached_property
    def measuring_module(self) -> fx.GraphModule:
        """Return a graph whose losses and metrics give (numerator, denominator) pairs."""
        known, positions = self.blobs(), {position for position, _ in self.measured.values()}
        outputs = {name: known[name] for name in self.measured}
        return build_graph(self.wiring, self._proof.modules, outputs, positions)

    def giving(self, wanted: Iterable[str]) -> fx.GraphModule:
        """Return a graph that gives these blobs.

        Raises: UsageError if one does not exist.
        """
        known, outputs = self.blobs(), {}
        for name in wanted:
            if name not in known:
                raise UsageError(f"the net has no blob {name}; {suggestion(name, known)}")
            outputs[name] = known[name]
        return build_graph(self.wiring, self._proof.modules, outputs)
