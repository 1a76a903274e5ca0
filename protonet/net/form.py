"""What a net is in one phase: its wiring, proved shapes and modules, and its graphs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import Tensor, fx, nn

from protonet.errors import UsageError
from protonet.layers.record import LayerType
from protonet.net.axes import Axes, Shape
from protonet.net.graph import acting_places, build_graph
from protonet.net.proof import Leaf, Proof
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

    def conclusion(self, name: str) -> Callable[[Tensor], Any] | None:
        """Return what makes a measured blob of its sums; None where it is a quotient of two."""
        position, _ = self.measured[name]
        return getattr(self._proof.modules[position], "conclude", None)

    def blobs(self) -> dict[str, Value]:
        """Return every blob by name, every layer's own output as `layer:NAME`, and every input as
        it came in, `input:NAME`."""
        return {**self.wiring.blobs, **self.wiring.own_outputs()}

    @property
    def shapes(self) -> dict[str, Shape]:
        """Return the proved shape of every blob, by name (its last value)."""
        return {name: self._proof.shapes[value] for name, value in self.wiring.blobs.items()}

    def shape(self, value: Value) -> Shape:
        """Return the proved shape of a value."""
        return self._proof.shapes[value]

    def axes(self, value: Value) -> Axes:
        """Return the axes of a value, with N where they follow the batch."""
        return self._proof.shapes[value].axes(self._proof.sizes)

    def leaves(self) -> Iterator[Leaf]:
        """Yield every layer, those in the steps of recurrent layers too."""
        return self._proof.leaves(self.wiring.nodes)

    @property
    def layer_count(self) -> int:
        """Return how many layers there are, those in the steps of recurrent ones among them."""
        return sum(1 for _ in self.wiring.all_nodes())

    def modules(self) -> Iterable[nn.Module]:
        """Return the module of each node of the wiring, in order."""
        return self._proof.modules.values()

    def layer(self, name: str) -> nn.Module:
        """Return the module of a layer.

        Raises: UsageError if this phase has no layer of this name.
        """
        modules = {leaf.node.layer.name: leaf.module for leaf in self.leaves()}
        if name not in modules:
            raise UsageError(f"the net has no layer {name}; {suggestion(name, modules)}")
        return modules[name]

    @cached_property
    def graph_module(self) -> fx.GraphModule:
        """Return the net as straight-line code: input tensors in order → dict of outputs."""
        return self._graph(self.outputs, (), self._acting)

    @cached_property
    def measuring_module(self) -> fx.GraphModule:
        """Return a graph whose losses and metrics give their sums: (numerator, denominator) pairs,
        and one tensor where `conclusion` says what it makes of it."""
        known, positions = self.blobs(), {position for position, _ in self.measured.values()}
        outputs = {name: known[name] for name in self.measured}
        return self._graph(outputs, positions, self._acting)

    @property
    def _acting(self) -> list[int]:
        """Return the positions of the layers that do something beside giving tops."""
        return acting_places(self.wiring.nodes, self.layers)

    def giving(self, wanted: Iterable[str]) -> fx.GraphModule:
        """Return a graph that gives these blobs, and does nothing else.

        Raises: UsageError if one does not exist.
        """
        known, outputs = self.blobs(), {}
        for name in wanted:
            if name not in known:
                raise UsageError(f"the net has no blob {name}; {suggestion(name, known)}")
            outputs[name] = known[name]
        return self._graph(outputs)

    def giving_values(self, values: Mapping[str, Value], *, acting: bool) -> fx.GraphModule:
        """Return a graph that gives these values by their keys, and with `acting` does what the
        layers do besides."""
        return self._graph(values, (), self._acting if acting else ())

    def _graph(
        self,
        outputs: Mapping[str, Value],
        measured: Iterable[int] = (),
        acting: Iterable[int] = (),
    ) -> fx.GraphModule:
        inputs = {name: self.wiring.inputs[name][0] for name in self.inputs}
        nodes, modules = self.wiring.nodes, self._proof.modules
        return build_graph(inputs, nodes, modules, outputs, measured, acting)
