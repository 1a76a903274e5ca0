"""What a case of the contract becomes: params, bottoms, the layer itself, its tops and slopes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
import yaml
from torch import nn

from protonet.layers.record import Blob, Phase, Setting
from tests.layers.contract_case import CLASSES, Bottom, Case
from tests.layers.contract_cases import CASES
from tests.layers.contract_types import LAYERS, PLUGIN_CASES

Tensors = tuple[torch.Tensor, ...]
Item = tuple[str, Case]

ALL = [(name, case) for name, cases in {**CASES, **PLUGIN_CASES}.items() for case in cases]
RUN = [item for item in ALL if "run" not in LAYERS[item[0]].exclusions]


def over(*items: Item) -> pytest.MarkDecorator:
    """Run a test for each case, named after its type and keys."""
    names = [f"{name} {{{case.keys}}} {len(case.bottoms)}" for name, case in items]
    return pytest.mark.parametrize(("name", "case"), items, ids=names)


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
    return tuple(_filled(part.view(shape), bottom, dtype, batch) for part, shape, bottom in parts)


def _filled(values: torch.Tensor, bottom: Bottom, dtype: torch.dtype, batch: int) -> torch.Tensor:
    makers: Mapping[str, Callable[[], torch.Tensor]] = {
        "any": lambda: values.to(dtype).requires_grad_(),
        "positive": lambda: (values + 2).to(dtype).requires_grad_(),
        "share": lambda: values.sigmoid().to(dtype),
        "label": lambda: torch.arange(values.numel()).view(values.shape) % CLASSES,
        "begin": lambda: (torch.arange(len(values)) > 0).to(dtype).view(-1, 1).expand_as(values),
        "box": lambda: torch.stack([_box(place, batch, dtype) for place in range(len(values))]),
    }
    return makers[bottom.numbers]()


def _box(place: int, batch: int, dtype: torch.dtype) -> torch.Tensor:
    """Return a box in sample 0 or 1, which reaches beyond its image where `place` is odd."""
    return torch.tensor([place % min(batch, 2), -(place % 2), 0, 2, 1 + place], dtype=dtype)


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


def run(module: nn.Module, bottoms: Tensors, seed: int = 1) -> Tensors:
    """Return the tops; what is drawn at random is the same for one seed."""
    torch.manual_seed(seed)
    given = module(*bottoms)
    return given if isinstance(given, tuple) else (given,)


def sum_of_squares(tops: Tensors) -> torch.Tensor:
    return torch.stack([top.square().sum() for top in tops]).sum()


def values_and_slopes(module: nn.Module, bottoms: Tensors) -> tuple[Tensors, Tensors]:
    """Return the tops, and the gradients of the sum of their squares."""
    tops = run(module, bottoms)
    wanted = [tensor for tensor in (*bottoms, *module.parameters()) if tensor.requires_grad]
    learning = [top for top in tops if top.requires_grad]
    if not learning:
        return tops, ()
    return tops, torch.autograd.grad(sum_of_squares(tuple(learning)), wanted)


def spec_text(name: str, case: Case) -> str:
    """Return a spec whose net is this layer alone."""
    inputs = {
        f"in{place}": {
            "shape": [axis or "N" for axis in bottom.shape],
            "batch": False,
            "dtype": str(bottom.blob(1).dtype).removeprefix("torch."),
        }
        for place, bottom in enumerate(case.bottoms)
    }
    layer = {
        "name": "layer",
        "type": name,
        "bottom": list(inputs),
        "top": [f"top{place}" for place in range(case.tops)],
        **yaml.safe_load(f"{{{case.keys}}}"),
    }
    return yaml.safe_dump({"net": {"inputs": inputs, "layers": [layer]}})
