from __future__ import annotations

import math

import pytest
import torch

from protonet.export.comparing import Difference, differences


def one(original: list[float], other: list[float]) -> Difference:
    (found,) = differences({"a": torch.tensor(original)}, {"a": torch.tensor(other)})
    return found


def test_the_largest_difference_counts_against_the_largest_magnitude() -> None:
    assert one([1.0, -8.0, 2.0], [1.0, -8.0, 4.0]) == Difference("a", 2.0, 0.25)


def test_small_numbers_count_against_1() -> None:
    assert one([0.25, 0.0], [0.25, 0.125]) == Difference("a", 0.125, 0.125)


def test_the_same_is_the_same_whatever_it_is() -> None:
    assert one([math.nan, math.inf, 0.0], [math.nan, math.inf, 0.0]).largest == 0
    assert one([], []) == Difference("a", 0.0, 0.0)


@pytest.mark.parametrize("other", [[math.nan, 1.0], [math.inf, 1.0], [1.0]])
def test_what_cannot_be_compared_is_infinitely_far(other: list[float]) -> None:
    assert one([1.0, 1.0], other).share == math.inf


def test_what_is_infinite_in_both_hides_no_difference() -> None:
    assert one([math.inf, 2.0], [math.inf, 3.0]) == Difference("a", 1.0, 0.5)


def test_an_output_that_is_missing_is_infinitely_far() -> None:
    assert differences({"a": torch.ones(1)}, {}) == [Difference("a", math.inf, math.inf)]
