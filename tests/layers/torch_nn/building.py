"""A module of torch.nn as the only layer of a net, what it is fed, and torch's own beside it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import yaml
from torch import nn

from protonet.layers.record import Phase
from protonet.net import Net
from tests.layers.torch_nn.cases import CASES, Case
from tests.specs import spec_of

each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def net_of(case: Case, phase: Phase = "train", device: str = "cpu") -> Net:
    """Return a net of the one layer."""
    names = [f"b{place}" for place in range(len(case.bottoms))]
    pairs = zip(names, case.bottoms, strict=True)
    inputs = ", ".join(f"{name}: {{shape: {fed.shape}, dtype: {fed.dtype}}}" for name, fed in pairs)
    own = f", {case.keys}" if case.keys else ""
    layer = f"{{name: x, type: nn.{case.name}, bottom: [{', '.join(names)}]{own}}}"
    text = f"net:\n  inputs: {{{inputs}}}\n  layers:\n    - {layer}\n"
    return Net(spec_of(text).net, phase, seed=3, device=device)


def fed(case: Case, batch: int = 2) -> list[torch.Tensor]:
    torch.manual_seed(5)
    return [
        bottom.tensor(batch).requires_grad_(bottom.kind in ("", "p") and bottom.dtype == "float32")
        for bottom in case.bottoms
    ]


def run(net: Net, bottoms: list[torch.Tensor]) -> torch.Tensor:
    torch.manual_seed(7)
    return net({f"b{place}": one for place, one in enumerate(bottoms)})["x"]


def torchs_own(case: Case) -> nn.Module:
    """Return the module as a user of torch writes it."""
    keys: dict[str, Any] = yaml.safe_load(f"{{{case.keys}}}") | yaml.safe_load(f"{{{case.sizes}}}")
    keys = {key: tuple(value) if isinstance(value, list) else value for key, value in keys.items()}
    if case.name in ("TransformerEncoder", "TransformerDecoder"):
        count = keys.pop("num_layers")
        layer = getattr(nn, f"{case.name}Layer")(**keys)
        module: nn.Module = getattr(nn, case.name)(layer, count)
    else:
        module = getattr(nn, case.name)(**keys)
    return module


def given_by_torch(case: Case, module: nn.Module, bottoms: list[torch.Tensor]) -> torch.Tensor:
    """Return the first top of torch's module."""
    torch.manual_seed(7)
    has_pair = case.name == "LSTMCell"
    given = module(bottoms[0], tuple(bottoms[1:])) if has_pair else module(*bottoms)
    if case.name == "AdaptiveLogSoftmaxWithLoss":
        given = given.loss
    top: torch.Tensor = given[0] if isinstance(given, tuple) else given
    return top
