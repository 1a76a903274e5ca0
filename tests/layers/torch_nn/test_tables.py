from __future__ import annotations

from typing import Any

import pytest
import torch

from protonet.errors import DataError
from protonet.layers.torch_nn.modules import Recipe

ARGUMENTS = {"num_embeddings": 3, "embedding_dim": 2}


@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
@pytest.mark.parametrize("wrong", [3, -1])
def test_an_index_outside_the_table_is_named(name: str, wrong: int) -> None:
    table = Recipe(name, ARGUMENTS, 1, False).make()
    with pytest.raises(DataError) as caught:
        table(torch.tensor([[0, 2], [wrong, 1]]))
    assert str(caught.value) == f"index {wrong} is outside the 3 vectors (0 to 2)"


def test_what_else_torch_refuses_is_left_to_it() -> None:
    table = Recipe("EmbeddingBag", {**ARGUMENTS, "mode": "max"}, 1, False).make()
    with pytest.raises(NotImplementedError, match="per_sample_weights"):
        table(torch.tensor([[0, 2]]), None, torch.ones(1, 2))


def test_vectors_are_torchs() -> None:
    table: Any = Recipe("Embedding", ARGUMENTS, 1, False).make()
    torch.testing.assert_close(table(torch.tensor([2, 0])), table.weight[[2, 0]])
