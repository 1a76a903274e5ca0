"""RNN: a recurrence without gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional

from protonet.fillers import Filler
from protonet.layers.record import Arity, Blob, LayerType, Setting
from protonet.layers.recurrent import Memory, RecurrentParams, Sizes, parts, shapes, sizes

_STATE = 1
"""What is remembered, and not the outputs."""


class RNNParams(RecurrentParams):
    """How many outputs, and whether the state is seen."""


class RNN(nn.Module):
    """Runs sequences through a layer that also reads what it gave one step before.

    Args:
        sizes: of the vectors of one step.
        exposes: whether the state is given and returned.
        dtype: element type of the parameters.
    """

    def __init__(self, sizes: Sizes, exposes: bool, dtype: torch.dtype) -> None:
        super().__init__()
        outputs = sizes.outputs
        self.W_xh = nn.Parameter(torch.empty(outputs, sizes.inputs, dtype=dtype))
        self.b_h = nn.Parameter(torch.empty(outputs, dtype=dtype))
        static = torch.empty(outputs, sizes.static, dtype=dtype)
        self.W_xh_static = nn.Parameter(static) if sizes.static else None
        self.W_hh = nn.Parameter(torch.empty(outputs, outputs, dtype=dtype))
        self.W_ho = nn.Parameter(torch.empty(outputs, outputs, dtype=dtype))
        self.b_o = nn.Parameter(torch.empty(outputs, dtype=dtype))
        self.outputs, self.exposes, self.memory = outputs, exposes, Memory(_STATE)

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Map (T, N, …) to (T, N, num_output), and to the last state where it is exposed."""
        sequence, cont, static, state = parts(bottoms, has_static=self.W_xh_static is not None)
        inputs = functional.linear(sequence, self.W_xh, self.b_h)  # (T, N, num_output)
        if static is not None and self.W_xh_static is not None:
            inputs = inputs + functional.linear(static, self.W_xh_static)
        start = sequence.new_zeros(sequence.shape[1], self.outputs)
        (hidden,) = state if self.exposes else self.memory.recall(start)
        states = []
        for own, goes_on in zip(inputs.unbind(), cont.unbind(), strict=True):
            hidden = (own + functional.linear(hidden * goes_on, self.W_hh)).tanh()
            states.append(hidden)
        outputs = functional.linear(torch.stack(states), self.W_ho, self.b_o).tanh()
        if self.exposes:
            return outputs, hidden.detach()[None]
        self.memory.keep((hidden,))
        return outputs


def build(params: RNNParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Run sequences through h' = tanh(W_xh x + W_hh h + b_h), and give tanh(W_ho h' + b_o).

    Bottoms: the sequences, (T, N, …), flattened from axis 2 on; cont, (T, N), 0 where a sequence
        begins and 1 where it goes on; then, if wanted, an input that is the same at every step,
        (N, …); and with expose_hidden the first state h, (1, N, num_output).
    Tops: the outputs, (T, N, num_output); with expose_hidden the last state, (1, N, num_output).
    Raises: ShapeError if the shapes are others.
    Source: Caffe, recurrent_layer.cpp and rnn_layer.cpp. Without expose_hidden the state is carried
        from one forward to the next, from 0 at first; so cont is 0 at a new sequence.
    """
    infer(params, bottoms, setting)
    return RNN(sizes(params, bottoms, _STATE), params.expose_hidden, bottoms[0].dtype)


def infer(params: RNNParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the tops' shapes, by the formula of `build`."""
    return shapes(params, bottoms, setting, _STATE)


def _fillers(params: RNNParams) -> Mapping[str, Filler]:
    weights = dict.fromkeys(("W_xh", "W_xh_static", "W_hh", "W_ho"), params.weight_filler)
    return {**weights, **dict.fromkeys(("b_h", "b_o"), params.bias_filler)}


def _multiply_adds(params: RNNParams, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> int:
    inputs, static, outputs = sizes(params, bottoms, _STATE)
    steps, samples = bottoms[0].shape[:2]
    return samples * outputs * (steps * (inputs + 2 * outputs) + static)


RNN_LAYER = LayerType(
    name="RNN",
    params=RNNParams,
    build=build,
    bottoms=Arity(2, 3 + _STATE),
    tops=Arity(1, 1 + _STATE),
    parameters=("W_xh", "b_h", "W_xh_static", "W_hh", "W_ho", "b_o"),
    fillers=_fillers,
    multiply_adds=_multiply_adds,
    infer=infer,
)
