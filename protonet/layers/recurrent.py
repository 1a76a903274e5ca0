"""What LSTM and RNN have in common: their keys, their bottoms, and the memory between forwards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch

from protonet.errors import ShapeError
from protonet.fillers import Filler, constant
from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, Setting
from protonet.records import Count, Flag, Record


class RecurrentParams(Record):
    """How many outputs, and whether the state is seen."""

    num_output: Count
    """Numbers that the layer gives, and remembers, per step of a sequence."""
    expose_hidden: Flag = False
    """Whether the first state is read from the last bottoms and the last state given as further
    tops, instead of being carried from one forward to the next. They get no gradient."""
    weight_filler: Filler = constant(0)
    """How the weights start."""
    bias_filler: Filler = constant(0)
    """How the biases start."""


class Sizes(NamedTuple):
    """How long the vectors of one step are.

    Attributes:
        inputs: of the sequence.
        static: of the input that is the same at every step; 0 where there is none.
        outputs: of the state.
    """

    inputs: int
    static: int
    outputs: int


class Parts(NamedTuple):
    """The bottoms of a recurrent layer by what they are.

    Attributes:
        sequence: (T, N, inputs).
        cont: (T, N, 1), 0 where a sequence begins, 1 where it goes on.
        static: (N, static), or None.
        state: (N, outputs) each; empty where the state is carried.
    """

    sequence: torch.Tensor
    cont: torch.Tensor
    static: torch.Tensor | None
    state: tuple[torch.Tensor, ...]


def parts(bottoms: Sequence[torch.Tensor], *, has_static: bool) -> Parts:
    """Return the bottoms as a recurrence takes them; cont and state without their gradients."""
    sequence, cont, *others = bottoms
    steps, samples = sequence.shape[:2]
    static = others.pop(0).reshape(samples, -1) if has_static else None
    return Parts(
        sequence.reshape(steps, samples, -1),
        cont.detach().to(sequence.dtype).unsqueeze(-1),
        static,
        tuple(state.detach()[0].to(sequence.dtype) for state in others),
    )


class Memory:
    """The state that a forward leaves behind for the next one. It is not saved, nor is Caffe's.

    An exported program is a function of its inputs: it begins with zeros each time.

    Args:
        count: tensors that a state consists of.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._kept: tuple[torch.Tensor, ...] = ()

    def recall(self, like: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the state as it was left, or zeros where there is none for so many samples.

        Args:
            like: zeros, (N, outputs).
        """
        if torch.compiler.is_exporting():
            return (like,) * self.count
        if any(kept.shape != like.shape or kept.device != like.device for kept in self._kept):
            self._kept = ()
        return tuple(kept.to(like.dtype) for kept in self._kept) or (like,) * self.count

    def keep(self, state: tuple[torch.Tensor, ...]) -> None:
        """Remember a state; no gradient goes back over the border of two forwards."""
        if not torch.compiler.is_exporting():
            self._kept = tuple(part.detach() for part in state)


def sizes(params: RecurrentParams, bottoms: Sequence[Blob], state: int) -> Sizes:
    """Return the sizes for bottoms that `shapes` has passed."""
    inputs = math.prod(bottoms[0].shape[2:])
    has_static = len(bottoms) > 2 + (state if params.expose_hidden else 0)
    static = math.prod(bottoms[2].shape[1:]) if has_static else 0
    return Sizes(inputs, static, params.num_output)


def shapes(
    params: RecurrentParams, bottoms: Sequence[Blob], setting: Setting, state: int
) -> tuple[Blob, ...]:
    """Return the tops, after a look at everything that is asked of the bottoms.

    Args:
        params: the keys.
        bottoms: the sequence, cont, the static input if there is one, the state if it is exposed.
        setting: which knows how many tops are named.
        state: blobs that a state consists of.

    Raises: ShapeError.
    """
    exposed = state if params.expose_hidden else 0
    _check_counts(params, len(bottoms), setting.tops, exposed)
    sequence = bottoms[0]
    check_floating([sequence])
    if sequence.rank < 2:
        raise ShapeError(f"bottom 0 has the shape {sequence}", "a sequence is (T, N, …)")
    steps, samples = sequence.shape[:2]
    one = (1, samples, params.num_output)
    _check(bottoms, 1, (steps, samples), "0 where a sequence begins and 1 where it goes on")
    if len(bottoms) > 2 + exposed:
        _check_static(bottoms[2], sequence)
    for position in range(len(bottoms) - exposed, len(bottoms)):
        _check(bottoms, position, one, "the state before the first step")
    tops = ((steps, samples, params.num_output), *(one,) * exposed)
    return tuple(Blob(shape, sequence.dtype) for shape in tops)


def _check_static(static: Blob, sequence: Blob) -> None:
    samples = sequence.shape[1]
    if static.shape[:1] != (samples,):
        why = f"bottom 2 has the shape {static}, bottom 0 has {sequence}"
        raise ShapeError(why, f"the static input has one vector per sample: ({samples}, …)")
    if static.dtype != sequence.dtype:
        held = [str(blob.dtype).removeprefix("torch.") for blob in (static, sequence)]
        why = f"bottom 2 holds {held[0]}, bottom 0 holds {held[1]}"
        raise ShapeError(why, "the static input and the sequence have one element type")


def _check_counts(params: RecurrentParams, bottoms: int, tops: int, exposed: int) -> None:
    known = "true" if params.expose_hidden else "false"
    if bottoms not in (2 + exposed, 3 + exposed):
        state = f", and {exposed} of state" if exposed else ""
        raise ShapeError(
            f"{bottoms} bottoms are named, with expose_hidden: {known} there are"
            f" {2 + exposed} or {3 + exposed}",
            f"the sequence, cont, a static input if there is one{state}",
        )
    if tops != 1 + exposed:
        hint = "the outputs, and the last state" if exposed else "the outputs"
        raise ShapeError(
            f"{tops} tops are named, with expose_hidden: {known} there are {1 + exposed}", hint
        )


def _check(bottoms: Sequence[Blob], position: int, wanted: tuple[int, ...], what: str) -> None:
    if bottoms[position].shape != wanted:
        raise ShapeError(
            f"bottom {position} has the shape {bottoms[position]}, bottom 0 has {bottoms[0]}",
            f"give {what}, {Blob(wanted)}",
        )
