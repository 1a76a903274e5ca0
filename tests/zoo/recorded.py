"""The modules of torchvision's nets, by the names and in the order of their weight files.

`torchvision_modules.txt` was recorded from torchvision 0.28.0, of nets made without weights: below
the name of each net a line for each module, with the shape of its weight, and whether it has a bias
or normalizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from tests.torchvision_forward import Held

_FILE = Path(__file__).parent / "torchvision_modules.txt"

Module = tuple[str, tuple[int, ...], str]
"""Name, shape of the weight, and `bias`, `norm` or nothing."""


@cache
def modules() -> Mapping[str, list[Module]]:
    """Return the modules of each net."""
    return read_modules(_FILE)


def read_modules(file: Path) -> Mapping[str, list[Module]]:
    """Return the modules of each net of such a file."""
    nets: dict[str, list[Module]] = {}
    for line in file.read_text(encoding="ascii").splitlines():
        if not line.startswith(" "):
            nets[line] = net = []
            continue
        name, shape, *kind = line.split()
        net.append((name, tuple(map(int, shape.split("x"))), "".join(kind)))
    return nets


def state_dict(net: str) -> dict[str, Tensor]:
    """Return random weights under torchvision's names, such that no layer's images vanish or grow
    without end."""
    found: dict[str, Tensor] = {}
    gain = 3.0 if any(kind == "norm" for _, _, kind in modules()[net]) else 2.0
    for name, shape, kind in modules()[net]:
        if kind == "norm":
            found[f"{name}.weight"] = torch.empty(shape).uniform_(0.5, 1)
            found[f"{name}.bias"] = torch.randn(shape) / 20
            found[f"{name}.running_mean"] = torch.randn(shape) / 20
            found[f"{name}.running_var"] = torch.empty(shape).uniform_(0.5, 1.5)
            found[f"{name}.num_batches_tracked"] = torch.tensor(1)
            continue
        inputs = torch.Size(shape[1:]).numel()
        found[f"{name}.weight"] = torch.randn(shape) * (gain / inputs) ** 0.5
        if kind == "bias":
            found[f"{name}.bias"] = torch.randn(shape[0]) / 10
    return found


def held(net: str, weights: Mapping[str, Tensor], without: str = "\0") -> Held:
    """Return weights as `tests.torchvision_forward` takes them: in their order, a normalization as
    its statistics and then its factors; modules that begin with `without` are left out."""
    found: dict[str, dict[str, Tensor]] = {}
    for name, _, kind in modules()[net]:
        if name.startswith(without):
            continue
        own = {
            key.rpartition(".")[2]: tensor
            for key, tensor in weights.items()
            if key.rpartition(".")[0] == name
        }
        if kind == "norm":
            found[f"{name}/bn"] = {
                "mean": own["running_mean"],
                "variance": own["running_var"],
                "scale_factor": torch.ones(1),
            }
            found[f"{name}/scale"] = {"weight": own["weight"], "bias": own["bias"]}
        else:
            found[name] = own
    return found
