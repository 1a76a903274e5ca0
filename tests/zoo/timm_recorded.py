"""timm's nets: their modules, by the names and in the order of their weight files, and what they
give.

`timm_modules.txt` and `timm_scores.json` were recorded from timm 1.0.31. The first has the form of
`torchvision_modules.txt`. The second holds the parameters of each net, and its first eight scores
for the two images of `images`, with the weights of `state_dict`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tests.zoo.recorded import Module, read_modules

SIDE = 64
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Given:
    """What a net of timm's gave.

    Attributes:
        parameters: that it learns.
        scores: the first eight for each image, (2, 8).
    """

    parameters: int
    scores: Tensor


@cache
def modules() -> Mapping[str, list[Module]]:
    """Return the modules of each net."""
    return read_modules(_FOLDER / "timm_modules.txt")


@cache
def given() -> Mapping[str, Given]:
    """Return what each net gave."""
    document = json.loads((_FOLDER / "timm_scores.json").read_text(encoding="ascii"))
    return {
        name: Given(one["parameters"], torch.tensor(one["scores"]))
        for name, one in document.items()
    }


def images() -> Tensor:
    """Return two images, (2, 3, SIDE, SIDE), which differ in more than their pixels."""
    random = np.random.RandomState(7)
    pixels = random.standard_normal((2, 3, SIDE, SIDE))
    return _tensor(pixels + 2 * random.standard_normal((2, 3, 1, 1)))


def state_dict(net: str) -> dict[str, Tensor]:
    """Return weights under timm's names, random but the same wherever they are made."""
    found: dict[str, Tensor] = {}
    for name, shape, kind in modules()[net]:
        random = np.random.RandomState(zlib.crc32(f"{net}/{name}".encode()))
        if kind == "norm":
            found[f"{name}.weight"] = _tensor(random.uniform(0.5, 1, shape))
            found[f"{name}.bias"] = _tensor(random.standard_normal(shape) / 20)
            found[f"{name}.running_mean"] = _tensor(random.standard_normal(shape) / 20)
            found[f"{name}.running_var"] = _tensor(random.uniform(0.5, 1.5, shape))
            found[f"{name}.num_batches_tracked"] = torch.tensor(1)
            continue
        inputs = int(np.prod(shape[1:]))
        found[f"{name}.weight"] = _tensor(random.standard_normal(shape) * (3 / inputs) ** 0.5)
        if kind == "bias":
            found[f"{name}.bias"] = _tensor(random.standard_normal(shape[0]) / 10)
    return found


def _tensor(numbers: npt.NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(numbers.astype(np.float32))
