"""An update of whole lists taken in pieces, so that what lies between its operations stays in the
cache of the CPU instead of going out to memory and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from protonet.optim.lists import Step
from protonet.optim.rule import Half

PIECE = 1 << 17
"""Elements of a piece: half a MiB of each list, of the 2 MiB or so that a core has to itself."""

_Row = tuple[Tensor, ...]
"""A parameter, its gradient, and what the rule remembers of it."""


def in_pieces(half: Half) -> Half:
    """Return what does the same, on a CPU piece by piece. Each element of the result may depend on
    the same element of parameter, gradient and buffers alone."""

    def by_pieces(step: Step, flag: Tensor) -> None:
        for piece in pieces(step):
            half(piece, flag)

    return by_pieces


def pieces(step: Step) -> Iterator[Step]:
    """Yield a step in parts: large tensors cut up, small ones together. A GPU is better served by
    one list of all."""
    group = step.group
    if group.scalar.device.type != "cpu":
        yield step
        return
    together: list[_Row] = []
    room = PIECE
    for row in zip(group.parameters, step.gradients, *group.buffers, strict=True):
        size = row[0].numel()
        if size > PIECE and _is_dense(row[0]):
            yield from (_part(step, [cut]) for cut in _cuts(row))
            continue
        if together and size > room:
            yield _part(step, together)
            together, room = [], PIECE
        together.append(row)
        room -= size
    if together:
        yield _part(step, together)


def _is_dense(tensor: Tensor) -> bool:
    """Return whether the elements lie one after the other, in whatever order of the axes."""
    last = sum(
        (size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True)
    )
    return last == tensor.numel() - 1


def _cuts(row: _Row) -> Iterator[_Row]:
    """Yield the pieces of tensors of one layout, in the order in which they lie in memory."""
    flat = [tensor.as_strided((tensor.numel(),), (1,)) for tensor in row]
    yield from zip(*(torch.split(tensor, PIECE) for tensor in flat), strict=True)


def _part(step: Step, rows: Sequence[_Row]) -> Step:
    parameters, gradients, *buffers = (list(column) for column in zip(*rows, strict=True))
    group = replace(step.group, parameters=parameters, buffers=tuple(buffers))
    return replace(step, group=group, gradients=gradients)
