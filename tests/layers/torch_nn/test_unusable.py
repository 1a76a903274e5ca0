"""Modules of torch.nn that no layer can be."""

from __future__ import annotations

from torch import nn

from protonet.layers.torch_nn.unusable import UNUSABLE


def test_every_one_exists_and_has_a_reason() -> None:
    assert all(hasattr(nn, name) for name in UNUSABLE)
    assert all(len(reason.split()) > 5 for reason in UNUSABLE.values())


def test_a_lazy_module_has_its_better_name() -> None:
    expected = "every size follows from the bottoms here: write nn.Conv2d instead"
    assert UNUSABLE["LazyConv2d"] == expected
