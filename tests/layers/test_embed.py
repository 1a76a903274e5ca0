from __future__ import annotations

import pytest
import torch

from protonet.errors import DataError
from protonet.fillers import constant
from protonet.layers.embed import EMBED, EmbedParams
from tests.layers.building import build, complaints, gradient, tops_of

TABLE = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.uint8, torch.float32])
def test_each_index_becomes_its_vector(dtype: torch.dtype) -> None:
    indices = torch.tensor([[2, 0]], dtype=dtype)
    module = build(EMBED, indices, num_output=2, input_dim=3, bias_term=False)
    module.load_state_dict({"weight": TABLE})
    assert module(indices).tolist() == [[[5, 6], [1, 2]]]


def test_a_bias_is_added_to_all() -> None:
    indices = torch.tensor([2, 0])
    module = build(EMBED, indices, num_output=2, input_dim=3)
    module.load_state_dict({"weight": TABLE, "bias": torch.tensor([10.0, 100.0])})
    assert module(indices).tolist() == [[15, 106], [11, 102]]


def test_a_vector_that_is_looked_up_twice_gets_both_gradients() -> None:
    indices = torch.tensor([2, 0, 2])
    module = build(EMBED, indices, num_output=2, input_dim=3, bias_term=False)
    slope = gradient(module(indices), module.get_parameter("weight"))
    assert slope.tolist() == [[1, 1], [0, 0], [2, 2]]


def test_the_top_has_the_vectors_as_a_last_axis() -> None:
    (top,) = tops_of(EMBED, torch.zeros(4, 5, dtype=torch.int64), num_output=2, input_dim=3)
    assert top.shape == (4, 5, 2)


def test_vectors_and_bias_start_at_zero() -> None:
    params = EmbedParams(num_output=2, input_dim=3)
    assert EMBED.fillers(params) == {"weight": constant(0), "bias": constant(0)}


@pytest.mark.parametrize("wrong", [3, -1])
def test_refuses_an_index_outside_the_table(wrong: int) -> None:
    indices = torch.tensor([[0, 2], [wrong, 1]])
    module = build(EMBED, indices, num_output=2, input_dim=3)
    with pytest.raises(DataError) as caught:
        module(indices)
    assert str(caught.value) == f"index {wrong} is outside the 3 vectors (0 to 2)"


def test_both_sizes_are_needed() -> None:
    assert [(where, kind) for where, kind, _, _ in complaints(EmbedParams)] == [
        ("num_output", "missing"),
        ("input_dim", "missing"),
    ]
