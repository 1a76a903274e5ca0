"""LSTMUnit: one step of an LSTM, from its gates' inputs to its next cell and output."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.checks import check_floating
from protonet.layers.record import TWO, Arity, Blob, LayerType, NoParams, Setting


def step(
    cell: torch.Tensor, gates: torch.Tensor, cont: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the next cell and the output, (…, D) each.

    Args:
        cell: of the step before, (…, D).
        gates: what goes into the gates i, f, o and g, one after the other, (…, 4D).
        cont: 0 where a sequence begins, 1 where it goes on, (…, 1).
    """
    inward, forget, outward, new = gates.chunk(4, -1)
    cell = _kept(forget, cont) * cell + inward.sigmoid() * new.tanh()
    return cell, outward.sigmoid() * cell.tanh()


def _kept(forget: torch.Tensor, cont: torch.Tensor) -> torch.Tensor:
    """Return f = cont * sigmoid(forget), with Caffe's slope f * (1 - f).

    That is the right slope where cont is 0 or 1, and not in between.
    """
    share = (cont * forget.sigmoid()).detach()
    return share + share * (1 - share) * (forget - forget.detach())


class LSTMUnit(nn.Module):
    """One step, without parameters."""

    def forward(
        self, cell: torch.Tensor, gates: torch.Tensor, cont: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Map (1, N, D), (1, N, 4D) and (1, N) to the next cell and the output, (1, N, D) each."""
        return step(cell, gates, cont.detach().to(cell.dtype).unsqueeze(-1))


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Let the gates decide what a cell forgets, takes in and gives.

    Bottoms: the cells, (1, N, D); what goes into the gates, (1, N, 4D), in the order i, f, o, g;
        and (1, N), 0 where a sequence begins and 1 where it goes on, which gets no gradient.
    Tops: the next cells c' = sigmoid(f) cont c + sigmoid(i) tanh(g), and the outputs
        sigmoid(o) tanh(c'), (1, N, D) each.
    Raises: ShapeError if the shapes are others.
    Source: Caffe, lstm_unit_layer.cpp, also for the gradient where cont lies between 0 and 1.
    """
    infer(params, bottoms, setting)
    return LSTMUnit()


def infer(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the tops' shapes, those of the cells."""
    cell, gates, cont = bottoms
    check_floating([cell, gates])
    if cell.rank != 3 or cell.shape[0] != 1:
        raise ShapeError(f"bottom 0 has the shape {cell}", "one step is needed: (1, N, D)")
    samples, size = cell.shape[1:]
    for place, blob, wanted in ((1, gates, (1, samples, 4 * size)), (2, cont, (1, samples))):
        if blob.shape != wanted:
            raise ShapeError(
                f"bottom {place} has the shape {blob}, bottom 0 has {cell}",
                f"give one of shape {Blob(wanted)}",
            )
    return (cell, cell)


LSTM_UNIT = LayerType(
    name="LSTMUnit",
    params=NoParams,
    build=build,
    bottoms=Arity(3, 3),
    tops=TWO,
    infer=infer,
)
