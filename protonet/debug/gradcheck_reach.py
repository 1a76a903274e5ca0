"""A net of which only those layers are run again that a change reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

import torch

from protonet.debug.gradcheck_layer import Layer
from protonet.debug.gradcheck_slopes import Tops
from protonet.spec.wiring import Value

Values = Mapping[Value, torch.Tensor]
Edge = tuple[int, int]
"""A bottom: the position of the layer that reads it, and its place among those it reads."""


@dataclass(slots=True)
class Reach:
    """A net as layers in order.

    Args:
        layers: in order.
        inputs: what is fed.
        terms: the values that the objective is a weighted sum of, with factors of their shape.
        cut: bottoms that get no gradient: those of `propagate_down: false`, and those that the
            layer's type gives none. A change does not pass them, as a gradient does not.

    Attributes:
        values: every value, as the unchanged net gives it.
        constant: those that no gradient passes.
    """

    layers: Sequence[Layer]
    inputs: Values
    terms: Values
    cut: Set[Edge]
    values: dict[Value, torch.Tensor] = field(default_factory=dict)
    constant: Set[Value] = frozenset()

    def gradients(self, wanted: Sequence[torch.Tensor]) -> list[torch.Tensor | None]:
        """Return the gradients of the objective, and keep the values of the net.

        Args:
            wanted: parameters, and inputs that are fed; each requires a gradient.
        """
        values = dict(self.inputs)
        for layer in self.layers:
            if layer.node.tops:
                bottoms = [values[value] for value in layer.node.bottoms]
                stopped = [
                    bottom.detach() if (layer.position, place) in self.cut else bottom
                    for place, bottom in enumerate(bottoms)
                ]
                values.update(zip(layer.node.tops, layer.run(stopped), strict=True))
        self.values = {value: tensor.detach() for value, tensor in values.items()}
        learns = {value for value, tensor in values.items() if tensor.requires_grad}
        self.constant = values.keys() - learns
        parts = [(values[value] * factor).sum() for value, factor in self.terms.items()]
        total = torch.stack(parts).sum() if parts else None
        if total is None or not total.requires_grad or not wanted:
            return [None] * len(wanted)
        return list(torch.autograd.grad(total, wanted, allow_unused=True))

    def reached_from(self, changed: Value | torch.Tensor) -> list[Layer]:
        """Return the layers that a change of an input, or of a parameter, reaches, in order."""
        values, found = {changed}, []
        for layer in self.layers:
            reads = any(
                bottom in values and (layer.position, place) not in self.cut
                for place, bottom in enumerate(layer.node.bottoms)
            )
            holds = any(one is changed for one in layer.parameters().values())
            if layer.node.tops and (reads or holds):
                found.append(layer)
                values |= {*layer.node.tops} - self.constant
        return found

    def rerun(self, layers: Sequence[Layer], changed: Values) -> Tops:
        """Return the terms after some layers were run again.

        Args:
            layers: those that a change reaches, in order.
            changed: the inputs that are changed.
        """
        values = {**self.values, **changed}
        with torch.no_grad():
            for layer in layers:
                bottoms = [
                    (self.values if (layer.position, place) in self.cut else values)[value]
                    for place, value in enumerate(layer.node.bottoms)
                ]
                tops = zip(layer.node.tops, layer.run(bottoms), strict=True)
                values.update(pair for pair in tops if pair[0] not in self.constant)
        return [values[value] for value in self.terms]
