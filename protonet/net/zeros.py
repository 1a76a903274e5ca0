"""What a recurrent layer carries into its first step where no blob is named: zeros, and of which
shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import product

import torch

from protonet.language import Carried
from protonet.layers.record import Blob
from protonet.net.axes import Shape, Sizes, blobs_of
from protonet.net.proof import KeyRefused, Proof
from protonet.spec.net import InputSpec
from protonet.spec.nodes import Body, Value, all_nodes

Guess = dict[str, Shape]
"""Shapes of what a step is given, by the block's bottoms."""
_MOST_GUESSES = 24
"""Shapes that are tried where none is written."""
_LENGTHS = ("num_output", "hidden_size", "out_features")
"""Keys of layers that say how long what they give is."""


class FirstValues:
    """Finds the shapes of zeros that a step keeps.

    Args:
        body: the step.
        given: the shapes of its other bottoms.
        sizes: of the named axes.
        prove: proves the step with all its bottoms.
    """

    def __init__(
        self, body: Body, given: Guess, sizes: Sizes, prove: Callable[[Guess], Proof]
    ) -> None:
        self.body, self.given, self.sizes, self.prove = body, given, sizes, prove
        self.zeros = [one for one in body.loop.carry if one.first is None]

    def settled(self) -> tuple[Guess, Proof]:
        """Return the shapes of first values that a step keeps, and the proof of that step.

        Where none is written, what a step gets is tried, also as long as its layers say that they
        give, and then what the step makes of it.

        Raises: KeyRefused if there are none.
        """
        first = self._first_guess()
        todo, tried = [first, *self._sized(first)], list[Guess]()
        while todo and len(tried) < _MOST_GUESSES:
            guess = todo.pop(0)
            if guess in tried:
                continue
            tried.append(guess)
            step = self.prove({**self.given, **guess})
            found = self._carried(step)
            if found == guess or (not step.errors and self._is_fixed(guess, found)):
                return guess, step
            todo += self._next_guesses(guess, found, step)
        return first, self._unsettled(self.prove({**self.given, **first}))

    def _first_guess(self) -> Guess:
        over, _ = self.body.loop.over[0]
        dtypes = (shape.dtype for shape in self.given.values() if shape.dtype.is_floating_point)
        dtype = next(dtypes, torch.float32)
        return {
            one.bottom: Shape(*(replace(blob, dtype=dtype) for blob in blobs_of(self.given[over])))
            if one.shape is None
            else self._written(one, one.shape, dtype)
            for one in self.zeros
        }

    def _sized(self, first: Guess) -> Iterator[Guess]:
        """Yield the first guess with other lengths of the last axis: those that layers say they
        give; for steps in steps also without the axes in front."""
        layers = [node.layer.params for node in all_nodes(self.body.nodes)]
        found = (getattr(params, key, None) for params in layers for key in _LENGTHS)
        lengths = dict.fromkeys(length for length in found if isinstance(length, int))
        most = max(shape.small.rank for shape in first.values()) if first else 0
        for start, length in product(range(most - 1), lengths):
            yield {
                one.bottom: _with_length(first[one.bottom], start, length)
                if one.shape is None
                else first[one.bottom]
                for one in self.zeros
            }

    def _written(self, one: Carried, axes: tuple[int | str, ...], dtype: torch.dtype) -> Shape:
        for axis in axes:
            if isinstance(axis, str) and axis not in self.sizes[0]:
                names = ", ".join(sorted(self.sizes[0]))
                why = f"{one.bottom} begins with zeros of an axis {axis}, which no input names"
                raise KeyRefused(("carry", one.bottom), why, f"known: {names}")
        spec = InputSpec(shape=axes)
        return Shape(*(Blob(spec.sized(sizes), dtype) for sizes in self.sizes))

    def _carried(self, step: Proof) -> dict[str, Shape | None]:
        pairs = zip(self.body.loop.carry, self.body.carried, strict=True)
        return {one.bottom: step.shapes.get(value) for one, value in pairs if one in self.zeros}

    def _is_fixed(self, guess: Guess, found: Mapping[str, Shape | None]) -> bool:
        """Return whether no other guess is left: every shape is written, and the types fit."""
        return all(
            one.shape is not None
            and (shape := found[one.bottom]) is not None
            and shape.dtype == guess[one.bottom].dtype
            for one in self.zeros
        )

    def _next_guesses(
        self, guess: Guess, found: Mapping[str, Shape | None], step: Proof
    ) -> Iterator[Guess]:
        """Yield what to try next: what the step made of the last guess, or any shape in it."""
        tops = (top for node in self.body.nodes for top in node.tops)
        made = [step.shapes[top] for top in tops if top in step.shapes]
        for shape in (None, *dict.fromkeys(made)) if None in found.values() else (None,):
            new = {}
            for one in self.zeros:
                other = found[one.bottom] or shape or guess[one.bottom]
                old = guess[one.bottom]
                new[one.bottom] = other if one.shape is None else _of_type(old, other.dtype)
            yield new

    def _unsettled(self, step: Proof) -> Proof:
        """Return the proof of the first guess with the errors that the guess has no part in.

        Raises: KeyRefused where there are none, and some shape is not written.
        """
        free = [one for one in self.zeros if one.shape is None]
        if not free:
            return step
        unsure = self._behind([self.body.inputs[one.bottom] for one in free])
        own = [error for error in step.errors if error.path[2] not in unsure]
        if own or not self._is_whole():
            step.errors = own
            return step
        one = free[0]
        why = f"the shape of {one.bottom} before the first step does not follow from the block"
        hint = f"write it: carry: {{{one.bottom}: [{one.source}, [32]]}}, or name a blob"
        tried = [f"tried: {error.why}" for error in step.errors[:1]]
        raise KeyRefused(("carry", one.bottom), why, "\n".join([hint, *tried]))

    def _is_whole(self) -> bool:
        """Return whether no layer of the step is wrong in itself, so that only shapes are."""
        made = {*self.body.inputs.values(), *(top for node in self.body.nodes for top in node.tops)}
        read = (*(value for node in self.body.nodes for value in node.bottoms), *self.body.taken())
        params = (node.layer.params for node in all_nodes(self.body.nodes))
        return made.issuperset(read) and None not in params

    def _behind(self, values: list[Value]) -> set[int]:
        """Return the positions of the layers whose shapes depend on some values."""
        known, found = set(values), set[int]()
        for node in self.body.nodes:
            if known.intersection(node.bottoms):
                known.update(node.tops)
                inside = all_nodes(node.body.nodes) if node.body else ()
                found.update((node.index, *(inner.index for inner in inside)))
        return found


def _with_length(shape: Shape, start: int, length: int) -> Shape:
    """Return a shape from an axis on, its last axis of another length."""
    small, large = (
        replace(blob, shape=(*blob.shape[start:-1], length)) for blob in blobs_of(shape)
    )
    return Shape(small, large)


def _of_type(shape: Shape, dtype: torch.dtype) -> Shape:
    return Shape(*(replace(blob, dtype=dtype) for blob in blobs_of(shape)))
