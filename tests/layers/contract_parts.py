"""What a case of the contract becomes: params, bottoms, and the layer itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import yaml
from torch import nn

from protonet.layers import LAYERS
from protonet.layers.record import Blob, Phase, Setting
from tests.layers.contract_case import CLASSES, Bottom, Case

Tensors = tuple[torch.Tensor, ...]


def params_of(name: str, case: Case) -> Any:
    return LAYERS[name].params.model_validate(yaml.safe_load(f"{{{case.keys}}}"))


def blobs_of(case: Case, batch: int) -> list[Blob]:
    return [bottom.blob(batch) for bottom in case.bottoms]


def tensors_of(case: Case, batch: int, dtype: torch.dtype = torch.float64) -> Tensors:
    """Return bottoms whose numbers all differ, and keep away from 0: no kink is near."""
    shapes = [bottom.blob(batch).shape for bottom in case.bottoms]
    sizes = [torch.Size(shape).numel() for shape in shapes]
    total = sum(sizes)
    values = (torch.randperm(total).double() + 0.5 - total // 2) * 3 / max(total, 1)  # -1.5 to 1.5
    parts = zip(values.split(sizes), shapes, case.bottoms, strict=True)
    return tuple(_filled(part.view(shape), bottom, dtype) for part, shape, bottom in parts)


def _filled(values: torch.Tensor, bottom: Bottom, dtype: torch.dtype) -> torch.Tensor:
    makers: Mapping[str, Callable[[], torch.Tensor]] = {
        "any": lambda: values.to(dtype).requires_grad_(),
        "positive": lambda: (values + 2).to(dtype).requires_grad_(),
        "share": lambda: values.sigmoid().to(dtype),
        "label": lambda: torch.arange(values.numel()).view(values.shape) % CLASSES,
        "begin": lambda: (torch.arange(len(values)) > 0).to(dtype).view(-1, 1).expand_as(values),
        "box": lambda: torch.stack([_box(place, dtype) for place in range(len(values))]),
    }
    return makers[bottom.numbers]()


def _box(place: int, dtype: torch.dtype) -> torch.Tensor:
    """Return a box in sample 0 or 1, which reaches beyond its image where `place` is odd."""
    return torch.tensor([place % 2, -(place % 2), 0, 2, 1 + place], dtype=dtype)


def module_of(
    name: str, case: Case, batch: int = 2, phase: Phase = "train", dtype: torch.dtype | None = None
) -> nn.Module:
    """Return the layer, its parameters and statistics filled with numbers from 0.5 to 1.5."""
    kind, params = LAYERS[name], params_of(name, case)
    module = kind.build(params, blobs_of(case, batch), Setting(phase, case.tops))
    module.train(phase == "train").to(dtype or torch.float64)
    with torch.no_grad():
        for tensor in (*module.parameters(), *module.buffers()):
            tensor.uniform_(0.5, 1.5)
    return module
