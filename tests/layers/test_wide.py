from __future__ import annotations

import pytest
import torch

from protonet.layers.wide import wide, without_autocast


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
        (torch.int64, torch.float32),
    ],
)
def test_numbers_become_float32_at_least(given: torch.dtype, found: torch.dtype) -> None:
    assert wide(torch.ones(2, dtype=given)).dtype == found


def test_what_is_wide_enough_is_not_copied() -> None:
    values = torch.ones(2)
    assert wide(values) is values


def test_products_keep_their_type_without_autocast() -> None:
    matrix = torch.full((1, 1), 300.0)
    with torch.autocast("cpu", torch.float16):
        assert (matrix @ matrix).dtype == torch.float16  # and infinite: 90000 is beyond 65504
        with without_autocast(matrix):
            product = matrix @ matrix
    assert product.dtype == torch.float32
    assert product.item() == 90000


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_nothing_is_changed_where_there_is_no_autocast(device: str) -> None:
    with without_autocast(torch.empty(1, device=device)):
        assert not torch.is_autocast_enabled("cpu")
