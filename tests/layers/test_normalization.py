from __future__ import annotations

from typing import Any

import pytest
import torch

from protonet.layers.normalization import (
    LossParams,
    Normalization,
    divided,
    divisor,
    quotient,
    weighed_quotient,
    whole_number,
    wide,
)
from tests.layers.building import complaints


@pytest.mark.parametrize(
    ("keys", "rule"),
    [
        ({}, "FULL"),
        ({"normalize": True}, "VALID"),
        ({"normalize": False}, "BATCH_SIZE"),
        ({"normalization": "NONE"}, "NONE"),
        ({"normalization": "NONE", "normalize": True}, "NONE"),
        ({"normalization": "VALID", "normalize": False}, "VALID"),
    ],
)
def test_the_older_word_is_heard_only_without_the_newer(keys: dict[str, Any], rule: str) -> None:
    assert LossParams(**keys).rule(default="FULL") == rule


@pytest.mark.parametrize(
    ("rule", "ignored", "count"),
    [
        ("VALID", None, 6),
        ("VALID", 7, 4),
        ("VALID", 0, 4),
        ("VALID", 3, 6),
        ("FULL", 7, 6),
        ("BATCH_SIZE", 7, 2),
        ("NONE", 7, 1),
    ],
)
@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.float32])
def test_what_a_loss_is_divided_by(
    rule: Normalization, ignored: int | None, count: int, dtype: torch.dtype
) -> None:
    values, targets = torch.zeros(2, 9, 3), torch.tensor([[0, 7, 1], [7, 0, 2]], dtype=dtype)

    found = divisor(rule, ignored)(values, targets)

    assert (found.item(), found.shape, found.dtype) == (count, (), torch.int64)


@pytest.mark.parametrize(
    ("rule", "ignored", "loss"), [("VALID", None, 2.0), ("VALID", 7, 3.0), ("NONE", 7, 12.0)]
)
def test_a_loss_is_divided_by_it(rule: Normalization, ignored: int | None, loss: float) -> None:
    values, targets = torch.zeros(2, 9, 3), torch.tensor([[0, 7, 1], [7, 0, 2]])

    # 12 by all 6, by the 4 that are not 7, by 1
    assert divided(torch.tensor(12.0), divisor(rule, ignored), values, targets).item() == loss


def test_a_loss_of_no_targets_is_divided_by_one() -> None:
    none = torch.zeros(0, 3)
    assert divided(torch.tensor(12.0), divisor("FULL", None), none, none).item() == 12


def test_targets_are_cut_to_whole_numbers_before_they_are_compared() -> None:
    targets = torch.tensor([1.9, -0.5, 2.0])
    assert divisor("VALID", 1)(targets, targets).item() == 2
    assert divisor("VALID", 0)(targets, targets).item() == 2


def test_nothing_counted_gives_the_sum_itself() -> None:
    assert quotient(torch.tensor(6.0), torch.tensor(4)).item() == 1.5
    assert quotient(torch.tensor(0.0), torch.tensor(0)).item() == 0
    assert quotient(torch.tensor([3, 0]), torch.tensor([2, 0])).tolist() == [1.5, 0]


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.int64])
def test_what_is_added_up_over_a_set_is_wide(dtype: torch.dtype) -> None:
    assert wide(torch.ones(2, dtype=dtype)).dtype == torch.float64


def test_a_whole_number_is_made_where_its_neighbour_lies() -> None:
    made = whole_number(5, torch.zeros(2, device="meta"))
    assert (made.device.type, made.dtype, made.shape) == ("meta", torch.int64, ())


def test_refuses_an_unknown_rule() -> None:
    ((where, kind, _, _),) = complaints(LossParams, normalization="MEAN")
    assert (where, kind) == ("normalization", "literal_error")


def test_a_sum_of_weights_below_one_divides_all_the_same() -> None:
    found = weighed_quotient(torch.tensor([1.0, 3.0, 5.0]), torch.tensor([0.5, 0.0, 2.0]))
    assert found.tolist() == [2.0, 3.0, 2.5]
