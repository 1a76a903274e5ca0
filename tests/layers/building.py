"""Layers on real tensors, and what they refuse, in one line each."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.record import Blob, LayerType, Phase, Setting
from protonet.records import Record

Tops = tuple[torch.Tensor, ...]


def blob_of(tensor: torch.Tensor) -> Blob:
    """Return the shape and type of a tensor."""
    return Blob(tuple(tensor.shape), tensor.dtype)


def params_of(kind: LayerType, **keys: Any) -> Any:
    """Return the params of a layer for keys as YAML gives them."""
    return kind.params(**keys)


def build(
    kind: LayerType, *bottoms: torch.Tensor, phase: Phase = "train", tops: int = 1, **keys: Any
) -> nn.Module:
    """Return the layer for such bottoms, its keys given as YAML gives them."""
    params, blobs = kind.params(**keys), [blob_of(bottom) for bottom in bottoms]
    return kind.build(params, blobs, Setting(phase, tops)).train(phase == "train")


def tops_of(kind: LayerType, *bottoms: torch.Tensor, tops: int = 1, **keys: Any) -> Tops:
    """Return what the layer gives, after a look whether `infer` foretold its shapes and types."""
    given = build(kind, *bottoms, tops=tops, **keys)(*bottoms)
    found: Tops = given if isinstance(given, tuple) else (given,)
    if kind.infer is not None:
        keys.pop("phase", None)
        blobs = [blob_of(bottom) for bottom in bottoms]
        foretold = kind.infer(kind.params(**keys), blobs, Setting(tops=tops))
        assert foretold == tuple(blob_of(top) for top in found)
    return found


def top_of(kind: LayerType, *bottoms: torch.Tensor, **keys: Any) -> torch.Tensor:
    """Return the only top of a layer."""
    (top,) = tops_of(kind, *bottoms, **keys)
    return top


def measured(kind: LayerType, *bottoms: torch.Tensor, **keys: Any) -> Any:
    """Return the numerator and denominator of a loss or metric."""
    module: Any = build(kind, *bottoms, **keys)
    return module.measure(*bottoms)


def gradient(top: torch.Tensor, bottom: torch.Tensor) -> torch.Tensor:
    """Return the gradient of the sum of a top."""
    (found,) = torch.autograd.grad(top.sum(), bottom, retain_graph=True)
    return found


def refusal(kind: LayerType, *bottoms: Blob, **keys: Any) -> tuple[str, str]:
    """Return why a layer cannot be built for such bottoms, and the hint."""
    with pytest.raises(ShapeError) as caught:
        kind.build(kind.params(**keys), bottoms, Setting())
    return caught.value.why, caught.value.hint


def complaints(params: type[Record], **keys: Any) -> list[tuple[str, str, str, str]]:
    """Return what is wrong with the keys: where, which kind of error, why, and the hint."""
    with pytest.raises(ValidationError) as caught:
        params(**keys)
    return [
        (
            ".".join(map(str, error["loc"])),
            error["type"],
            error["msg"],
            error.get("ctx", {}).get("hint", ""),
        )
        for error in caught.value.errors(include_url=False)
    ]


def numbers(*values: Any, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Return a tensor of the values that may have a gradient."""
    return torch.tensor([*values], dtype=dtype, requires_grad=dtype.is_floating_point)
