from __future__ import annotations

import torch

from protonet.layers.record import Blob, NoParams, Setting
from protonet.layers.regression import compared, infer_number


def test_numbers_are_compared_in_single_precision_at_least_and_without_gradient() -> None:
    predictions = torch.tensor([[1.5], [2.0]], dtype=torch.float16, requires_grad=True)
    values, goals = compared(predictions, torch.tensor([0, 5]))
    assert values.dtype == goals.dtype == torch.float32
    assert not values.requires_grad
    assert (values.tolist(), goals.tolist()) == ([[1.5], [2.0]], [[0.0], [5.0]])
    assert compared(predictions.double(), torch.tensor([0, 5]))[0].dtype == torch.float64


def test_the_top_is_one_number() -> None:
    halves = [Blob((2, 3), torch.float16)] * 2
    assert infer_number(NoParams(), halves, Setting()) == (Blob((), torch.float32),)
