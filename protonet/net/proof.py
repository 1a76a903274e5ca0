"""What is known about a wired net before any of it is allocated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from torch import nn

from protonet.errors import Path, PathError, ShapeError
from protonet.net.axes import Axes, Shape, Sizes
from protonet.spec.nodes import Node, Value


class KeyRefused(ShapeError):
    """A refusal that concerns one key of the layer, which `key` leads to."""

    def __init__(self, key: Path, why: str, hint: str) -> None:
        super().__init__(why, hint)
        self.key = key


@dataclass(slots=True)
class Proof:
    """A module per node, a shape per value, and what is wrong.

    A node whose bottoms are unknown because of an earlier error is passed over.

    Attributes:
        sizes: of the named axes, in the two proofs.
        modules: by the node's position in the wiring.
        shapes: by value.
        errors: everything that could be found.
        steps: of recurrent layers by position: the proof of one step.
        given: where the values come from that no layer gives, in words.
    """

    sizes: Sizes
    modules: dict[int, nn.Module] = field(default_factory=dict)
    shapes: dict[Value, Shape] = field(default_factory=dict)
    errors: list[PathError] = field(default_factory=list)
    steps: dict[int, Proof] = field(default_factory=dict)
    given: str = "the net's inputs"

    def axes(self, value: Value) -> Axes:
        """Return the axes of a value, with N where they follow the batch."""
        return self.shapes[value].axes(self.sizes)

    def leaves(self, nodes: Iterable[Node]) -> Iterator[Leaf]:
        """Yield every layer that is no block applied along an axis, and those in its steps, each
        before the recurrent layer itself.

        Args:
            nodes: those that were proved, in order.
        """
        for position, node in enumerate(nodes):
            if node.body is not None and position in self.steps:
                yield from self.steps[position].leaves(node.body.nodes)
            yield Leaf(node, self.modules[position], self)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One layer of a net, its module, and the proof that its values' shapes stand in."""

    node: Node
    module: nn.Module
    proof: Proof
