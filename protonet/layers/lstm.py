"""LSTM: a recurrence whose gates decide what is remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional

from protonet.fillers import Filler
from protonet.layers.lstm_unit import step
from protonet.layers.record import Arity, Blob, LayerType, Setting
from protonet.layers.recurrent import Memory, RecurrentParams, Sizes, parts, shapes, sizes

_STATE = 2
"""The outputs and the cells."""


class LSTMParams(RecurrentParams):
    """How many outputs, and whether the state is seen."""


class LSTM(nn.Module):
    """Runs sequences through gated cells, step by step.

    Args:
        sizes: of the vectors of one step.
        exposes: whether the state is given and returned.
        dtype: element type of the parameters.
    """

    def __init__(self, sizes: Sizes, exposes: bool, dtype: torch.dtype) -> None:
        super().__init__()
        gates = 4 * sizes.outputs
        self.W_xc = nn.Parameter(torch.empty(gates, sizes.inputs, dtype=dtype))
        self.b_c = nn.Parameter(torch.empty(gates, dtype=dtype))
        static = torch.empty(gates, sizes.static, dtype=dtype)
        self.W_xc_static = nn.Parameter(static) if sizes.static else None
        self.W_hc = nn.Parameter(torch.empty(gates, sizes.outputs, dtype=dtype))
        self.outputs, self.exposes, self.memory = sizes.outputs, exposes, Memory(_STATE)

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Map (T, N, …) to (T, N, num_output), and to the last state where it is exposed."""
        sequence, cont, static, state = parts(bottoms, has_static=self.W_xc_static is not None)
        gates = functional.linear(sequence, self.W_xc, self.b_c)  # (T, N, 4 num_output)
        if static is not None and self.W_xc_static is not None:
            gates = gates + functional.linear(static, self.W_xc_static)
        start = sequence.new_zeros(sequence.shape[1], self.outputs)
        hidden, cell = state if self.exposes else self.memory.recall(start)
        outputs = []
        for own, goes_on in zip(gates.unbind(), cont.unbind(), strict=True):
            cell, hidden = step(cell, own + functional.linear(hidden * goes_on, self.W_hc), goes_on)
            outputs.append(hidden)
        if self.exposes:
            return torch.stack(outputs), hidden.detach()[None], cell.detach()[None]
        self.memory.keep((hidden, cell))
        return torch.stack(outputs)


def build(params: LSTMParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Run sequences through cells that remember.

    Bottoms: the sequences, (T, N, …), flattened from axis 2 on; cont, (T, N), 0 where a sequence
        begins and 1 where it goes on; then, if wanted, an input that is the same at every step,
        (N, …); and with expose_hidden the first outputs and cells, (1, N, num_output) each.
    Tops: the outputs, (T, N, num_output); with expose_hidden the last outputs and cells,
        (1, N, num_output) each.
    Raises: ShapeError if the shapes are others.
    Source: Caffe, recurrent_layer.cpp and lstm_layer.cpp. Without expose_hidden the state is
        carried from one forward to the next, from 0 at first; so cont is 0 at a new sequence.
    """
    infer(params, bottoms, setting)
    return LSTM(sizes(params, bottoms, _STATE), params.expose_hidden, bottoms[0].dtype)


def infer(params: LSTMParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the tops' shapes, by the formula of `build`."""
    return shapes(params, bottoms, setting, _STATE)


def _fillers(params: LSTMParams) -> Mapping[str, Filler]:
    weights = dict.fromkeys(("W_xc", "W_xc_static", "W_hc"), params.weight_filler)
    return {**weights, "b_c": params.bias_filler}


def _multiply_adds(params: LSTMParams, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> int:
    inputs, static, outputs = sizes(params, bottoms, _STATE)
    steps, samples = bottoms[0].shape[:2]
    return samples * 4 * outputs * (steps * (inputs + outputs) + static)


LSTM_LAYER = LayerType(
    name="LSTM",
    params=LSTMParams,
    build=build,
    bottoms=Arity(2, 3 + _STATE),
    tops=Arity(1, 1 + _STATE),
    parameters=("W_xc", "b_c", "W_xc_static", "W_hc"),
    fillers=_fillers,
    multiply_adds=_multiply_adds,
    infer=infer,
)
