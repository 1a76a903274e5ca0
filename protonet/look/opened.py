"""The steps of recurrent layers laid open between the layers around them, to be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from protonet.look.forms import Proved
from protonet.net.axes import Shape
from protonet.net.proof import Proof
from protonet.spec.nodes import Body, Node, Value

_Meaning = Mapping[Value, tuple[Value, ...]]
"""From what a step is given to what that is outside of it."""


@dataclass(slots=True)
class _Found:
    """Layers, shapes of their values, and `Opened.returns`, so far."""

    nodes: list[Node] = field(default_factory=list)
    shapes: dict[Value, Shape] = field(default_factory=dict)
    returns: dict[Value, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opened:
    """A net in which each recurrent layer stands behind the layers of one of its steps, and reads
    what it takes of them.

    Attributes:
        net: the net.
        returns: from what a step gets of the step before it to the value that the latter hands on.
    """

    net: Proved
    returns: Mapping[Value, Value]


def opened(proved: Proved) -> Opened:
    """Return a net with its steps laid open."""
    found = _Found()
    _open(proved.wiring.nodes, proved.proof, {}, found)
    wiring = replace(proved.wiring, nodes=tuple(found.nodes))
    proof = replace(proved.proof, shapes={**proved.proof.shapes, **found.shapes})
    return Opened(replace(proved, wiring=wiring, proof=proof), found.returns)


def _open(nodes: Sequence[Node], proof: Proof, meaning: _Meaning, found: _Found) -> None:
    for position, node in enumerate(nodes):
        if node.body is None:
            bottoms = _outside(node.bottoms, meaning)
            found.nodes.append(replace(node, bottoms=bottoms))
            found.shapes |= {top: proof.shapes[top] for top in node.tops}
            continue
        given = _given(node, node.body, meaning, found)
        _open(node.body.nodes, proof.steps[position], given, found)
        taken = _outside((*node.body.tops, *node.body.carried), given)
        real = tuple(value for value in dict.fromkeys(taken) if value not in found.returns)
        inside = node.layer.model_copy(
            update={"instances": (*node.layer.instances, node.layer.name)}
        )
        found.nodes.append(replace(node, layer=inside, bottoms=real, body=None))
        found.shapes |= {top: proof.shapes[top] for top in node.tops}


def _given(node: Node, body: Body, meaning: _Meaning, found: _Found) -> _Meaning:
    """Return what a step is given; what the step before hands to it becomes a value of its own."""
    loop, given, handed_on = body.loop, dict[Value, tuple[Value, ...]](), dict[Value, Value]()
    for name, place in (*loop.over, *loop.constant):
        given[body.inputs[name]] = _outside((node.bottoms[place],), meaning)
    for place, (one, value) in enumerate(zip(loop.carry, body.carried, strict=True)):
        handed = Value(one.bottom, node.index, -1 - place)
        first = () if one.first is None else _outside((node.bottoms[one.first],), meaning)
        given[body.inputs[one.bottom]] = (*first, handed)
        handed_on[handed] = value
    for handed, value in handed_on.items():
        found.returns[handed] = next(iter(_outside((value,), given)))
    return given


def _outside(values: Sequence[Value], meaning: _Meaning) -> tuple[Value, ...]:
    return tuple(outer for value in values for outer in meaning.get(value, (value,)))
