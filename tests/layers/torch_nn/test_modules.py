"""Modules as layers need them: first values, held statistics."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.record import Setting
from protonet.layers.torch_nn.modules import Recipe, first_values, setting_of


def test_first_values_are_torchs_own_for_a_seed_and_leave_its_generator_alone() -> None:
    arguments = {"in_features": 3, "out_features": 2}
    with torch.device("meta"):
        module = Recipe("Linear", arguments, 1, False).make()
    torch.manual_seed(11)
    before = torch.get_rng_state()
    found = first_values(module, 42)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(42)
    expected = nn.Linear(3, 2)
    torch.testing.assert_close(found, dict(expected.named_parameters()), rtol=0, atol=0)


def test_what_torch_refuses_is_refused_in_its_words() -> None:
    with pytest.raises(ShapeError) as caught:
        Recipe("Dropout", {"p": 2.0}, 1, False).make()
    assert caught.value.why == "dropout probability has to be between 0 and 1, but got 2.0"


def test_a_held_normalisation_never_counts_a_batch() -> None:
    module = Recipe("BatchNorm1d", {"num_features": 2}, 1, True).make().train()
    bottom = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    torch.testing.assert_close(module(bottom), bottom / (1 + 1e-5) ** 0.5)
    assert module.num_batches_tracked == 0


def test_a_second_top_of_a_pooling_is_the_places() -> None:
    assert setting_of("MaxPool2d", Setting(tops=2)) == {"return_indices": True}
    assert setting_of("MaxPool2d", Setting(tops=1)) == {"return_indices": False}
    assert setting_of("AvgPool2d", Setting(tops=1)) == {}


def test_the_weights_of_a_losss_classes_are_a_tensor() -> None:
    module = Recipe("NLLLoss", {"weight": (1.0, 2.0)}, 1, False).make()
    assert isinstance(module, nn.NLLLoss)
    assert module.weight is not None
    assert module.weight.tolist() == [1.0, 2.0]
