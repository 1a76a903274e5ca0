from __future__ import annotations

import math

import pytest
import torch

from protonet.layers.lstm_unit import LSTM_UNIT
from protonet.layers.record import Blob
from tests.layers.building import gradient, numbers, refusal, tops_of


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


GATES = (0.5, -1.0, 2.0, 0.3)  # i, f, o, g


def test_gates_decide_what_a_cell_forgets_takes_in_and_gives() -> None:
    cell, hidden = tops_of(
        LSTM_UNIT, numbers([[2.0]]), numbers([[*GATES]]), torch.ones(1, 1), tops=2
    )
    expected = sigmoid(-1) * 2 + sigmoid(0.5) * math.tanh(0.3)
    assert cell.item() == pytest.approx(expected)
    assert hidden.item() == pytest.approx(sigmoid(2) * math.tanh(expected))


def test_a_new_sequence_forgets_the_cell() -> None:
    cells = numbers([[2.0]])
    cell, _ = tops_of(LSTM_UNIT, cells, numbers([[*GATES]]), torch.zeros(1, 1), tops=2)
    assert cell.item() == pytest.approx(sigmoid(0.5) * math.tanh(0.3))
    assert gradient(cell, cells).item() == 0


def test_between_0_and_1_the_gate_has_caffes_slope() -> None:
    gates = numbers([[*GATES]])
    cell, _ = tops_of(LSTM_UNIT, numbers([[2.0]]), gates, torch.tensor([[0.5]]), tops=2)

    share = 0.5 * sigmoid(-1)
    assert cell.item() == pytest.approx(share * 2 + sigmoid(0.5) * math.tanh(0.3))
    # c f (1 - f) with f = cont * sigmoid; the right one would be c cont s (1 - s)
    assert gradient(cell, gates)[0, 0, 1].item() == pytest.approx(2 * share * (1 - share))


def test_cont_gets_no_gradient() -> None:
    cont = torch.ones(1, 1, requires_grad=True)
    cell, _ = tops_of(LSTM_UNIT, numbers([[2.0]]), numbers([[*GATES]]), cont, tops=2)
    cell.sum().backward()
    assert cont.grad is None


@pytest.mark.parametrize(
    ("shapes", "why", "hint"),
    [
        (
            ((2, 3, 4), (2, 3, 16), (2, 3)),
            "bottom 0 has the shape (2, 3, 4)",
            "one step is needed: (1, N, D)",
        ),
        (
            ((1, 3, 4), (1, 3, 4), (1, 3)),
            "bottom 1 has the shape (1, 3, 4), bottom 0 has (1, 3, 4)",
            "give one of shape (1, 3, 16)",
        ),
        (
            ((1, 3, 4), (1, 3, 16), (3,)),
            "bottom 2 has the shape (3), bottom 0 has (1, 3, 4)",
            "give one of shape (1, 3)",
        ),
    ],
)
def test_refuses_other_shapes(shapes: tuple[tuple[int, ...], ...], why: str, hint: str) -> None:
    assert refusal(LSTM_UNIT, *map(Blob, shapes)) == (why, hint)
