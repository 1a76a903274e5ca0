from __future__ import annotations

import torch

from protonet.layers.record import Blob, NoParams, Setting
from protonet.layers.regression import averaged, distances, infer_number


def test_distances_are_taken_in_single_precision_at_least_and_without_gradient() -> None:
    predictions = torch.tensor([[1.0], [3.0]], dtype=torch.bfloat16, requires_grad=True)
    found = distances(predictions, torch.tensor([0, 5]))
    assert found.tolist() == [[1.0], [-2.0]]
    assert found.dtype == torch.float32
    assert not found.requires_grad
    assert distances(predictions.double(), torch.tensor([0, 5])).dtype == torch.float64


def test_an_average_is_a_sum_and_a_count() -> None:
    total, count = averaged(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert (total.item(), count.item(), count.dtype) == (10, 4, torch.int64)


def test_the_top_is_one_number() -> None:
    halves = [Blob((2, 3), torch.float16)] * 2
    assert infer_number(NoParams(), halves, Setting()) == (Blob((), torch.float32),)
