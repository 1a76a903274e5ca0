"""What torch keeps, as flat tensors and back."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from protonet.errors import SnapshotError
from protonet.optim.torch_state import flattened, keys_below, restored


@pytest.mark.parametrize("value", [3, -1.5, True, None, [], [1, [2.5, None]], (1, 2)], ids=repr)
def test_numbers_and_lists_come_back_as_what_they_were(value: Any) -> None:
    saved = dict(flattened("a/x", value))
    assert all(isinstance(tensor, torch.Tensor) for tensor in saved.values())
    found = restored("a/x", saved, torch.zeros(2))
    expected = [*value] if isinstance(value, tuple) else value
    assert (found, type(found)) == (expected, type(expected))


def test_a_float_keeps_every_digit() -> None:
    saved = dict(flattened("a", 0.1))
    assert restored("a", saved, torch.zeros(1)) == 0.1


def test_a_tensor_of_the_parameters_shape_gets_its_memory_format() -> None:
    like = torch.zeros(2, 3, 4, 4).to(memory_format=torch.channels_last)
    saved = {"a/x": torch.arange(96.0).reshape(2, 3, 4, 4)}
    found = restored("a/x", saved, like)
    assert found.stride() == like.stride()
    assert torch.equal(found, saved["a/x"])
    assert found.data_ptr() != saved["a/x"].data_ptr()


def test_another_shape_is_copied_as_it_is() -> None:
    saved = {"a/row": torch.arange(3.0), "a/step": torch.tensor(7.0)}
    assert restored("a/row", saved, torch.zeros(3, 4)).tolist() == [0.0, 1.0, 2.0]
    assert restored("a/step", saved, torch.zeros(3, 4)).item() == 7.0


def test_keys_are_those_one_level_down() -> None:
    saved = dict(flattened("s/a/x/old", [torch.zeros(1), 2]))
    saved |= dict(flattened("s/a/x/n", 1)) | dict(flattened("s/ab/y", 1))
    assert keys_below("s/a/x/", saved) == ["old", "n"]
    assert keys_below("s/ab/", saved) == ["y"]


def test_what_is_missing_is_named() -> None:
    with pytest.raises(SnapshotError, match="^the optimizer state has no a/x$"):
        restored("a/x", {}, torch.zeros(1))
