"""Expected numbers come from torch's own RNN cell, and tanh of a linear layer behind it."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from protonet.fillers import constant
from protonet.layers.record import Blob
from protonet.layers.rnn import RNN, RNN_LAYER, RNNParams
from tests.layers.building import build

STEPS, SAMPLES, INPUTS, OUTPUTS = 4, 2, 3, 5
SEQUENCE = torch.randn(STEPS, SAMPLES, INPUTS, generator=torch.Generator().manual_seed(1))
BEGIN = torch.ones(STEPS, SAMPLES)
BEGIN[0] = 0


def filled(*bottoms: torch.Tensor, **keys: Any) -> RNN:
    module = build(RNN_LAYER, *bottoms, num_output=OUTPUTS, **keys)
    assert isinstance(module, RNN)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.uniform_(-0.5, 0.5)
    return module


def steps(
    module: RNN, sequence: torch.Tensor, state: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the outputs of all steps, and the last state, by torch's cell with these weights."""
    inputs: list[torch.Tensor] = [module.W_xh]
    inputs += [] if module.W_xh_static is None else [module.W_xh_static]
    cell = nn.RNNCell(sequence.shape[2], OUTPUTS)
    with torch.no_grad():
        cell.weight_ih.copy_(torch.cat(inputs, 1))
        cell.weight_hh.copy_(module.W_hh)
        cell.bias_ih.copy_(module.b_h)
        cell.bias_hh.zero_()
    outputs = []
    for part in sequence:
        state = cell(part, state)
        outputs.append(torch.tanh(state @ module.W_ho.T + module.b_o))
    return torch.stack(outputs), state


def test_a_sequence_runs_through_two_layers() -> None:
    module = filled(SEQUENCE, BEGIN)
    expected, _ = steps(module, SEQUENCE, torch.zeros(SAMPLES, OUTPUTS))
    torch.testing.assert_close(module(SEQUENCE, BEGIN), expected)


def test_a_sequence_that_begins_knows_nothing_of_the_one_before() -> None:
    module, cont = filled(SEQUENCE, BEGIN), BEGIN.clone()
    cont[2] = 0
    rest, _ = steps(module, SEQUENCE[2:], torch.zeros(SAMPLES, OUTPUTS))
    torch.testing.assert_close(module(SEQUENCE, cont)[2:], rest)


def test_the_state_is_carried_from_one_forward_to_the_next() -> None:
    module = filled(SEQUENCE, BEGIN)
    whole, _ = steps(module, SEQUENCE, torch.zeros(SAMPLES, OUTPUTS))

    first, second = module(SEQUENCE[:2], BEGIN[:2]), module(SEQUENCE[2:], BEGIN[2:])

    torch.testing.assert_close(torch.cat([first, second]), whole)


def test_an_input_that_is_the_same_at_every_step_is_added() -> None:
    static = torch.randn(SAMPLES, 2)
    module = filled(SEQUENCE, BEGIN, static)
    both = torch.cat([SEQUENCE, static.expand(STEPS, -1, -1)], 2)
    expected, _ = steps(module, both, torch.zeros(SAMPLES, OUTPUTS))
    torch.testing.assert_close(module(SEQUENCE, BEGIN, static), expected)


def test_the_state_may_be_read_and_given_without_a_gradient() -> None:
    state = torch.rand(1, SAMPLES, OUTPUTS, requires_grad=True)
    bottoms = SEQUENCE, torch.ones(STEPS, SAMPLES), state
    module = filled(*bottoms, tops=2, expose_hidden=True)

    outputs, last = module(*bottoms)

    expected, one = steps(module, SEQUENCE, state[0])
    torch.testing.assert_close(outputs, expected)
    torch.testing.assert_close(last, one[None], check_stride=False)
    assert not last.requires_grad
    outputs.sum().backward()
    assert state.grad is None


def test_its_work_is_counted() -> None:
    blobs = [Blob((4, 2, 3)), Blob((4, 2)), Blob((2, 7))]
    # per sample 5 numbers, of 3 + 5 + 5 at each of 4 steps and of 7 once
    work = RNN_LAYER.multiply_adds(RNNParams(num_output=5), blobs, [])
    assert work == 2 * 5 * (4 * 13 + 7)


def test_weights_and_biases_have_fillers_of_their_own() -> None:
    fillers = RNN_LAYER.fillers(RNNParams(num_output=5, bias_filler=constant(1)))
    assert fillers == {
        "W_xh": constant(0),
        "b_h": constant(1),
        "W_xh_static": constant(0),
        "W_hh": constant(0),
        "W_ho": constant(0),
        "b_o": constant(1),
    }
