"""The shapes of a recurrent layer: one step is proved, and stands for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from protonet.errors import PathError
from protonet.layers.record import Blob
from protonet.layers.recurrence import RecurrentParams
from protonet.net.axes import Shape, Sizes, blobs_of, shown
from protonet.net.graph import build_graph
from protonet.net.proof import KeyRefused, Proof
from protonet.net.recurrent import Follows, Recurrent, Steps, Zeros, next_key, top_key
from protonet.net.zeros import FirstValues, Guess
from protonet.spec.nodes import Body, Node, Value

Prove = Callable[[Body, Mapping[Value, Shape]], Proof]
"""From a step, and the shapes of what it is given, to its proof."""


@dataclass(frozen=True, slots=True)
class Proved:
    """What is known of a recurrent layer.

    Attributes:
        step: the proof of one step.
        tops: shapes of the layer's tops; none where the step is wrong.
        module: the layer; None where the step is wrong.
    """

    step: Proof
    tops: tuple[Shape, ...] = ()
    module: Recurrent | None = None


class LoopProver:
    """Proves one recurrent layer.

    Args:
        node: the layer.
        body: one step of it.
        bottoms: the shapes of the layer's bottoms.
        sizes: of the named axes.
        prove: proves a step.
        acting: positions of the step's layers that do something beside giving tops.
    """

    def __init__(
        self,
        node: Node,
        body: Body,
        bottoms: Sequence[Shape],
        sizes: Sizes,
        prove: Prove,
        acting: Sequence[int] = (),
    ) -> None:
        self.node, self.body, self.bottoms, self.sizes = node, body, bottoms, sizes
        self._prove, self._acting = prove, acting
        params = node.layer.params
        self.params: RecurrentParams = params
        self.places = {**dict(body.loop.over), **dict(body.loop.constant)}
        self.places |= {one.bottom: one.first for one in body.loop.carry if one.first is not None}

    def proved(self) -> Proved:
        """Return what is known of the layer; what is wrong in its step is in the step's errors.

        Raises: KeyRefused for what is wrong with the layer itself.
        """
        self._steps()
        given = {name: self._given(name, place) for name, place in self.places.items()}
        guess, step = FirstValues(self.body, given, self.sizes, self._step).settled()
        if step.errors or not self._is_known(step):
            return Proved(step)
        step.errors += self._changed({**given, **guess}, step)
        if step.errors:
            return Proved(step)
        tops = [self._stacked(value, step) for value in self.body.tops]
        finals = len(self.node.tops) - len(tops)
        tops += [step.shapes[value] for value in self.body.carried[:finals]]
        return Proved(step, tuple(tops), self._module(step, guess, finals))

    def _steps(self) -> Shape:
        """Return the number of steps, as a shape of one axis."""
        axis, known = self.params.axis, None
        for name, place in self.body.loop.over:
            shape = self.bottoms[place]
            if shape.small.rank <= axis:
                why = f"{name} goes along axis {axis} of {shown(shape.axes(self.sizes))}"
                hint = f"it has {shape.small.rank} axes, which count from 0"
                raise KeyRefused(("over", name), why, hint)
            steps = Shape(*(Blob(blob.shape[axis : axis + 1]) for blob in blobs_of(shape)))
            known = known or steps
            if known != steps:
                first, _ = self.body.loop.over[0]
                one, other = (str(shape.axes(self.sizes)[0]) for shape in (known, steps))
                why = f"{name} has {other} steps, and {first} has {one}"
                raise KeyRefused(("over", name), why, "what is cut has equally many")
        return known or Shape(Blob((1,)), Blob((1,)))

    def _given(self, name: str, place: int) -> Shape:
        """Return the shape that a step sees of a bottom."""
        shape, axis = self.bottoms[place], self.params.axis
        if name not in dict(self.body.loop.over):
            return shape
        small, large = (
            replace(blob, shape=(*blob.shape[:axis], *blob.shape[axis + 1 :]))
            for blob in blobs_of(shape)
        )
        return Shape(small, large)

    def _step(self, given: Mapping[str, Shape]) -> Proof:
        shapes = {self.body.inputs[name]: shape for name, shape in given.items()}
        return self._prove(self.body, shapes)

    def _is_known(self, step: Proof) -> bool:
        return all(value in step.shapes for value in self.body.taken())

    def _changed(self, given: Guess, step: Proof) -> Iterator[PathError]:
        """Yield what a step does not hand on as it got it."""
        makers = {top: node for node in self.body.nodes for top in node.tops}
        for one, value in zip(self.body.loop.carry, self.body.carried, strict=True):
            before, after = given[one.bottom], step.shapes[value]
            if before == after:
                continue
            maker = makers.get(value)
            index = self.node.index if maker is None else maker.index
            typed = before.dtype != after.dtype
            new, old = (_named(shape, self.sizes, typed) for shape in (after, before))
            why = f"{one.source} is {new}, and takes the place of {one.bottom}, which is {old}"
            lines = ["what is carried keeps its shape and type from step to step"]
            if one.first is not None:
                lines.append(f"{one.bottom} begins as {self.node.bottoms[one.first].blob}")
            yield PathError("PN026", ("net", "layers", index), why, hint="\n".join(lines))

    def _stacked(self, value: Value, step: Proof) -> Shape:
        """Return the shape of a top: that of a step's, with the axis of the steps."""
        axis, shape, steps = self.params.axis, step.shapes[value], self._steps()
        if shape.small.rank < axis:
            axes = shown(shape.axes(self.sizes))
            why = f"a step gives {value.blob} {axes}, which has no place for an axis {axis}"
            raise KeyRefused(("axis",), why, "the tops are stacked along the axis of the steps")
        small, large = (
            replace(one, shape=(*one.shape[:axis], *count.shape, *one.shape[axis:]))
            for one, count in zip(blobs_of(shape), blobs_of(steps), strict=True)
        )
        return Shape(small, large)

    def _module(self, step: Proof, guess: Guess, finals: int) -> Recurrent:
        body = self.body
        outputs = {top_key(place): value for place, value in enumerate(body.tops)}
        pairs = zip(body.loop.carry, body.carried, strict=True)
        outputs |= {next_key(one.bottom): value for one, value in pairs}
        graph = build_graph(body.inputs, body.nodes, step.modules, outputs, (), self._acting)
        zeros = {
            name: Zeros(tuple(self._follows(name, shape)), shape.dtype)
            for name, shape in guess.items()
        }
        axis, reverse = self.params.axis, self.params.reverse
        steps = Steps(body.loop, tuple(body.inputs), zeros, len(body.tops), finals, axis, reverse)
        return Recurrent(graph, steps)

    def _follows(self, name: str, shape: Shape) -> Iterator[Follows]:
        """Yield the axes of zeros: numbers, or which axis of which bottom they are as long as."""
        for place, pair in enumerate(zip(shape.small.shape, shape.large.shape, strict=True)):
            if pair[0] == pair[1]:
                yield pair[0]
                continue
            yield self._followed(
                pair, name, f"axis {place} of {name} {shown(shape.axes(self.sizes))}"
            )

    def _followed(self, pair: tuple[int, int], name: str, what: str) -> tuple[int, int]:
        for place, bottom in enumerate(self.bottoms):
            axes = zip(bottom.small.shape, bottom.large.shape, strict=True)
            for axis, other in enumerate(axes):
                if other == pair:
                    return place, axis
        why = f"{what} is as long as no axis of a bottom, so its zeros cannot be made"
        raise KeyRefused(("carry", name), why, "name a blob for its first value")


def _named(shape: Shape, sizes: Sizes, typed: bool) -> str:
    """Return a shape as people write it, with its type if asked for."""
    dtype = f" {shape.dtype}".replace("torch.", "") if typed else ""
    return f"{shown(shape.axes(sizes))}{dtype}"
