"""Expected numbers come from torch's own LSTM cell, whose gates are i, f, g, o."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from protonet.fillers import constant
from protonet.layers.lstm import LSTM, LSTM_LAYER, LSTMParams
from protonet.layers.record import Blob
from tests.layers.building import build, tops_of

STEPS, SAMPLES, INPUTS, OUTPUTS = 4, 2, 3, 5
SEQUENCE = torch.randn(STEPS, SAMPLES, INPUTS, generator=torch.Generator().manual_seed(1))
BEGIN = torch.ones(STEPS, SAMPLES)
BEGIN[0] = 0


def pair(*bottoms: torch.Tensor, **keys: Any) -> tuple[LSTM, nn.LSTMCell]:
    """Return an LSTM, and torch's cell with the same weights."""
    module = build(LSTM_LAYER, *bottoms, num_output=OUTPUTS, **keys)
    assert isinstance(module, LSTM)
    weights: list[torch.Tensor] = [module.W_xc]
    weights += [] if module.W_xc_static is None else [module.W_xc_static]
    cell = nn.LSTMCell(sum(weight.shape[1] for weight in weights), OUTPUTS)
    order = torch.cat([torch.arange(OUTPUTS) + gate * OUTPUTS for gate in (0, 1, 3, 2)])
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.uniform_(-0.5, 0.5)
        cell.weight_ih.copy_(torch.cat(weights, 1)[order])
        cell.weight_hh.copy_(module.W_hc[order])
        cell.bias_ih.copy_(module.b_c[order])
        cell.bias_hh.zero_()
    return module, cell


def steps(
    cell: nn.LSTMCell, sequence: torch.Tensor, state: tuple[torch.Tensor, torch.Tensor]
) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
    """Return the outputs of all steps, and the last state."""
    outputs = []
    for inputs in sequence:
        state = cell(inputs, state)
        outputs.append(state[0])
    return torch.stack(outputs), state


def zeros() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.zeros(SAMPLES, OUTPUTS), torch.zeros(SAMPLES, OUTPUTS)


def test_a_sequence_runs_through_the_cells() -> None:
    module, cell = pair(SEQUENCE, BEGIN)
    expected, _ = steps(cell, SEQUENCE, zeros())
    torch.testing.assert_close(module(SEQUENCE, BEGIN), expected)


def test_a_sequence_that_begins_knows_nothing_of_the_one_before() -> None:
    module, cell = pair(SEQUENCE, BEGIN)
    cont = BEGIN.clone()
    cont[2, 1] = 0

    top = module(SEQUENCE, cont)

    whole, _ = steps(cell, SEQUENCE, zeros())
    rest, _ = steps(cell, SEQUENCE[2:], zeros())
    torch.testing.assert_close(top[:, 0], whole[:, 0])
    torch.testing.assert_close(top[:2, 1], whole[:2, 1])
    torch.testing.assert_close(top[2:, 1], rest[:, 1])


def test_the_state_is_carried_from_one_forward_to_the_next() -> None:
    module, cell = pair(SEQUENCE, BEGIN)
    whole, _ = steps(cell, SEQUENCE, zeros())

    first, second = module(SEQUENCE[:2], BEGIN[:2]), module(SEQUENCE[2:], BEGIN[2:])

    torch.testing.assert_close(torch.cat([first, second]), whole)
    (slope,) = torch.autograd.grad(second.sum(), module.W_hc)  # the first graph is not needed
    assert slope.abs().sum() > 0


def test_an_input_that_is_the_same_at_every_step_is_added() -> None:
    static = torch.randn(SAMPLES, 2)
    module, cell = pair(SEQUENCE, BEGIN, static)
    both = torch.cat([SEQUENCE, static.expand(STEPS, -1, -1)], 2)

    expected, _ = steps(cell, both, zeros())

    torch.testing.assert_close(module(SEQUENCE, BEGIN, static), expected)


def test_the_state_may_be_read_and_given_without_a_gradient() -> None:
    state = [torch.rand(1, SAMPLES, OUTPUTS, requires_grad=True) for _ in range(2)]
    bottoms = SEQUENCE, torch.ones(STEPS, SAMPLES), *state
    module, cell = pair(*bottoms, tops=3, expose_hidden=True)

    outputs, hidden, last = module(*bottoms)

    expected, (one, other) = steps(cell, SEQUENCE, (state[0][0], state[1][0]))
    torch.testing.assert_close(outputs, expected)
    torch.testing.assert_close(hidden, one[None], check_stride=False)
    torch.testing.assert_close(last, other[None], check_stride=False)
    assert not hidden.requires_grad
    outputs.sum().backward()
    assert [part.grad for part in state] == [None, None]
    torch.testing.assert_close(module(*bottoms)[0], outputs)  # nothing is carried


def test_gradients_are_those_of_torchs_cell() -> None:
    module, cell = pair(SEQUENCE, BEGIN)
    ours, theirs = (SEQUENCE.clone().requires_grad_() for _ in range(2))

    module(ours, BEGIN).square().sum().backward()
    steps(cell, theirs, zeros())[0].square().sum().backward()

    torch.testing.assert_close(ours.grad, theirs.grad)


def test_autocast_does_not_break_it() -> None:
    module, _ = pair(SEQUENCE, BEGIN)
    expected = module(SEQUENCE, BEGIN)
    with torch.autocast("cpu", torch.bfloat16):
        found = [module(SEQUENCE, BEGIN) for _ in range(2)]
    for top in found:
        torch.testing.assert_close(top.float(), expected, rtol=0.05, atol=0.05)


def test_its_shapes_are_foretold_and_its_work_counted() -> None:
    (top,) = tops_of(LSTM_LAYER, SEQUENCE, BEGIN, torch.zeros(SAMPLES, 2), num_output=OUTPUTS)
    assert top.shape == (STEPS, SAMPLES, OUTPUTS)
    blobs = [Blob((4, 2, 3)), Blob((4, 2)), Blob((2, 7))]
    # per sample 4*5 gates, of 3 + 5 numbers at each of 4 steps and of 7 once
    work = LSTM_LAYER.multiply_adds(LSTMParams(num_output=5), blobs, [])
    assert work == 2 * 20 * (4 * 8 + 7)


def test_weights_and_biases_have_fillers_of_their_own() -> None:
    fillers = LSTM_LAYER.fillers(LSTMParams(num_output=5, bias_filler=constant(1)))
    assert fillers == {
        "W_xc": constant(0),
        "b_c": constant(1),
        "W_xc_static": constant(0),
        "W_hc": constant(0),
    }
