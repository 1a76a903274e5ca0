"""From the names that torch gives a net's modules to those of our layers, by rules.

A file of torch's names a tensor `MODULE.KIND`. The rules of a family of nets turn MODULE into the
name of a layer, one after the other, each wherever its pattern is found. What a module normalizes
is two layers of ours, `LAYER/bn` with the statistics and `LAYER/scale` with the rest, so the rules
give convolution and normalization the same LAYER.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Tensor

from protonet.errors import DataError
from protonet.zoo.check import difference

Rule = tuple[str, str]
"""A regular expression, and what replaces what it finds."""
Rules = tuple[Rule, ...]

DROPPED = ""
"""What the rules make of a module that our net does not have."""

_NORM = MappingProxyType(
    {
        "weight": "scale/weight",
        "bias": "scale/bias",
        "running_mean": "bn/mean",
        "running_var": "bn/variance",
    }
)
_COUNTED = "num_batches_tracked"
"""Of torch's normalization; it matters only where statistics are a plain mean of all batches."""


def numbered(module: str, names: Mapping[int, str]) -> Rules:
    """Return a rule for each numbered part of a sequence, `features.3` → `conv2`."""
    return tuple((rf"^{module}\.{place}(?=\.|$)", name) for place, name in names.items())


def layer_of(module: str, rules: Rules) -> str:
    r"""Return the layer that a module is; `DROPPED` where our net has none.

    >>> layer_of("layer2.bn1", ((r"\.", "/"), (r"bn(\d)$", r"conv\1")))
    'layer2/conv1'
    """
    for pattern, replacement in rules:
        module = re.sub(pattern, replacement, module)
    return module


def renamed(
    given: Mapping[str, Tensor], rules: Rules, wanted: Mapping[str, torch.Size], where: str
) -> dict[str, Tensor]:
    """Return weights under the names of our net, in its order.

    Args:
        given: by torch's names.
        rules: of the family.
        wanted: name → shape of every parameter and statistic of the net.
        where: the weights come from.

    Raises: DataError if one is missing, is of another shape, or fits nowhere.
    """
    norms = {name.rpartition(".")[0] for name in given if name.endswith(".running_mean")}
    found: dict[str, Tensor] = {}
    for name, tensor in given.items():
        module, _, kind = name.rpartition(".")
        layer = layer_of(module, rules)
        if layer == DROPPED or kind == _COUNTED:
            continue
        own = f"{layer}/{_NORM.get(kind, kind) if module in norms else kind}"
        found[own] = tensor
        if own.endswith("/bn/mean"):
            found[f"{layer}/bn/scale_factor"] = torch.ones(1)  # torch stores no sums, but means
    if misfit := difference({name: one.shape for name, one in found.items()}, wanted):
        raise DataError(f"{where}: these are other weights than the net's: {misfit}")
    return {name: found[name].to(torch.float32).contiguous() for name in wanted}
