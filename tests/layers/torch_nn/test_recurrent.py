"""Recurrent modules: the state is further bottoms and tops."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers import LAYERS
from protonet.layers.record import Blob, Setting
from protonet.layers.torch_nn.recurrent import MOST_LAYERS, check_layers, check_state, names
from tests.layers.building import build, params_of

SEQUENCE = torch.arange(24, dtype=torch.float32).reshape(3, 2, 4) / 24  # (T, N, features)


@pytest.mark.parametrize(("name", "states"), [("LSTM", 2), ("GRU", 1), ("RNN", 1)])
def test_the_last_state_is_further_tops_and_a_first_one_further_bottoms(
    name: str, states: int
) -> None:
    start = [torch.full((1, 2, 3), 0.1 * place) for place in range(1, states + 1)]
    kind = LAYERS[f"nn.{name}"]
    module = build(kind, SEQUENCE, *start, tops=1 + states, hidden_size=3)
    theirs = getattr(nn, name)(4, 3)
    theirs.load_state_dict(module.state_dict())
    output, state = theirs(SEQUENCE, tuple(start) if states > 1 else start[0])
    expected = (output, *state) if states > 1 else (output, state)
    torch.testing.assert_close(module(SEQUENCE, *start), expected)


def test_a_cell_of_an_lstm_gives_its_outputs_and_cells() -> None:
    module = build(LAYERS["nn.LSTMCell"], SEQUENCE[0], tops=2, hidden_size=3)
    theirs = nn.LSTMCell(4, 3)
    theirs.load_state_dict(module.state_dict())
    torch.testing.assert_close(module(SEQUENCE[0]), theirs(SEQUENCE[0]))


def test_half_a_state_is_refused() -> None:
    check_state("GRU", [Blob((3, 2, 4)), Blob((1, 2, 3))])
    kind, bottoms = LAYERS["nn.LSTM"], [Blob((3, 2, 4)), Blob((1, 2, 3))]
    with pytest.raises(ShapeError) as caught:
        kind.build(params_of(kind, hidden_size=3), bottoms, Setting())
    why = "nn.LSTM starts from outputs and cells, and the latter are missing"
    assert (caught.value.why, caught.value.hint) == (why, "bottom: [input, outputs, cells]")


def test_more_layers_than_have_names_are_refused() -> None:
    check_layers(MOST_LAYERS)
    with pytest.raises(ShapeError) as caught:
        check_layers(17)
    assert caught.value.why == "num_layers is 17, and at most 16 are possible"
    assert caught.value.hint == "put several layers on top of each other"


@pytest.mark.parametrize(("name", "projects"), [("LSTM", True), ("GRU", False), ("RNN", False)])
def test_every_parameter_of_the_largest_has_a_name(name: str, projects: bool) -> None:
    with torch.device("meta"):
        own = {"proj_size": 1} if projects else {}
        module = getattr(nn, name)(2, 2, MOST_LAYERS, bidirectional=True, **own)
    assert set(names(projects=projects)) == dict(module.named_parameters()).keys()
