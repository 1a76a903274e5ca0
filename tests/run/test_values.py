from __future__ import annotations

import math

import torch

from protonet.run.values import Values


def test_what_is_finite_is_measured_and_the_rest_is_counted() -> None:
    found = Values.of(torch.tensor([[1.0, math.nan, 4.0], [-math.inf, math.inf, -2.0]]))
    assert found == Values((2, 3), "float32", -2.0, 4.0, 1.0, finite=3, nan=1, infinite=2)
    assert not found.is_finite


def test_whole_numbers_are_finite() -> None:
    found = Values.of(torch.tensor([3, 5]))
    assert found == Values((2,), "int64", 3.0, 5.0, 4.0, finite=2, nan=0, infinite=0)
    assert found.is_finite


def test_nothing_finite_has_no_least_and_no_mean() -> None:
    found = Values.of(torch.tensor(math.nan))
    assert found == Values((), "float32", None, None, None, finite=0, nan=1, infinite=0)


def test_two_are_taken_together_by_what_is_finite_in_them() -> None:
    both = Values.of(torch.tensor([1.0, 3.0, 5.0])).with_more(
        Values.of(torch.tensor([7.0, math.inf]))
    )
    # (1 + 3 + 5 + 7) / 4
    assert both == Values((2,), "float32", 1.0, 7.0, 4.0, finite=4, nan=0, infinite=1)
    none = Values.of(torch.tensor(math.nan))
    assert none.with_more(none).mean is None
