"""What the blobs of a net are called in Caffe.

In protonet a name means the last value given to it above, and no value is ever changed. In Caffe a
blob is memory: a layer may give its bottom's name to its top only where it computes in place, and
only where nobody else reads what was there before. Where the two differ a value gets a name of its
own; the last value of a name keeps it.
Source: Caffe, Net::AppendTop ("produced by multiple sources") and InsertSplits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, count

from protonet.spec.nodes import Node, Value, Wiring

IN_PLACE = frozenset(
    {
        *("AbsVal", "BNLL", "BatchNorm", "Bias", "Clip", "Dropout", "ELU", "Exp", "Log", "PReLU"),
        *("Power", "ReLU", "ReLU6", "Scale", "Sigmoid", "Softmax", "Swish", "TanH", "Threshold"),
    }
)
"""Types whose forward reads each number of the bottom before it writes that of the top."""


@dataclass(slots=True)
class BlobNames:
    """The names of the values of a net in Caffe.

    Attributes:
        names: by value.
        renamed: the names of those that have one of their own, by protonet's: `layer:NAME`.
        clashes: positions of layers that read one blob in one phase and another in another, so
            that no name says both.
    """

    names: dict[Value, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    clashes: frozenset[int] = frozenset()

    def of(self, values: Iterable[Value]) -> tuple[str, ...]:
        """Return the names of values."""
        return tuple(self.names[value] for value in values)


def blob_names(wirings: Sequence[Wiring]) -> BlobNames:
    """Return the names of all values of a net in some phases, which go into one file.

    Args:
        wirings: the net in each of these phases.
    """
    memory = _Memory()
    for wiring in wirings:
        memory.walk(wiring)
    memory.join()
    return _named(memory, wirings)


@dataclass(slots=True)
class _Memory:
    """Which values are one blob of Caffe's.

    Attributes:
        before: by value, the ones that its name meant before it in some phase.
        apart: values that do not lie where those lie.
        parents: by value, another one in the same blob; the first one has itself.
    """

    before: dict[Value, set[Value]] = field(default_factory=dict)
    apart: set[Value] = field(default_factory=set)
    parents: dict[Value, Value] = field(default_factory=dict)

    def walk(self, wiring: Wiring) -> None:
        """Take a phase into account."""
        readers = Counter(chain.from_iterable(node.bottoms for node in wiring.nodes))
        last = {value.blob: value for value, _ in wiring.inputs.values()}
        for value in last.values():
            self.before.setdefault(value, set())
        for node in wiring.nodes:
            for place, top in enumerate(node.tops):
                found = self.before.setdefault(top, set())
                before = last.get(top.blob)
                if before is not None:
                    found.add(before)
                    if not _is_in_place(node, place, before, readers[before]):
                        self.apart.add(top)
                last[top.blob] = top

    def join(self) -> None:
        """Put values that are computed in place into the blobs of those before them."""
        self.parents = {value: value for value in self.before}
        for value, before in self.before.items():
            for other in before if value not in self.apart else ():
                self.parents[self.first(value)] = self.first(other)

    def first(self, value: Value) -> Value:
        """Return the value that stands for the blob in which a value lies."""
        while self.parents[value] != value:
            value = self.parents[value]
        return value

    def clashes(self) -> Iterator[Value]:
        """Yield the values that would lie in a blob, in one phase, which they may not lie in."""
        for value in self.before:
            if value in self.apart and any(
                self.first(other) == self.first(value) for other in self.before[value]
            ):
                yield value

    def replaced(self) -> set[Value]:
        """Return what stands for the blobs whose name means another one further down."""
        return {self.first(other) for value in self.apart for other in self.before[value]}


def _named(memory: _Memory, wirings: Sequence[Wiring]) -> BlobNames:
    """Return the names, of which no two are alike that must not be."""
    inputs = {memory.first(value) for each in wirings for value, _ in each.inputs.values()}
    fed, replaced = {value.blob for value in inputs}, memory.replaced()
    taken = {value.blob for value in memory.parents}
    makers = {top: node for each in wirings for node in each.nodes for top in node.tops}
    own: dict[Value, str] = {}
    made = BlobNames(clashes=frozenset(value.layer for value in memory.clashes()))
    for value in memory.parents:
        first = memory.first(value)
        keeps = first in inputs or (first not in replaced and value.blob not in fed)
        if not keeps and first not in own:
            own[first] = next(name for name in _others(makers[first], first) if name not in taken)
            taken.add(own[first])
        made.names[value] = own.get(first, value.blob)
        if made.names[value] != value.blob:
            made.renamed[_own_name(makers[value], value)] = made.names[value]
    return made


def _is_in_place(node: Node, place: int, before: Value, readers: int) -> bool:
    return (
        node.layer.type in IN_PLACE
        and node.bottoms[place : place + 1] == (before,)
        and readers == 1
    )


def _others(maker: Node, value: Value) -> Iterator[str]:
    """Yield names for a value that cannot have the one it has."""
    yield maker.layer.name
    yield from (f"{value.blob}_{number}" for number in count(2))


def _own_name(maker: Node, value: Value) -> str:
    return f"layer:{maker.layer.name}" + (f".{value.top}" if value.top else "")
