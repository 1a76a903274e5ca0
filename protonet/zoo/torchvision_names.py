"""From the names that torchvision gives its modules to those of our layers, by rules.

A file of torchvision's names a tensor `MODULE.KIND`. The rules of a family of nets turn MODULE into
the name of a layer, one after the other, each wherever its pattern is found. What a module
normalizes is two layers of ours, `LAYER/bn` with the statistics and `LAYER/scale` with the rest, so
the rules give convolution and normalization the same LAYER.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import accumulate
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


def _numbered(module: str, names: Mapping[int, str]) -> Rules:
    """Return a rule for each numbered part of a sequence, `features.3` → `conv2`."""
    return tuple((rf"^{module}\.{place}(?=\.|$)", name) for place, name in names.items())


def _plain(places: Iterable[int], first: int, stem: str) -> dict[int, str]:
    return {place: f"{stem}{number}" for number, place in enumerate(places, first)}


def _alexnet() -> Rules:
    convolutions = _numbered("features", _plain((0, 3, 6, 8, 10), 1, "conv"))
    return (*convolutions, *_numbered("classifier", _plain((1, 4, 6), 6, "fc")))


def _vgg(depths: tuple[int, ...]) -> Rules:
    """Each stage is a ReLU after every convolution, and a pooling at its end."""
    starts = [0, *accumulate(2 * depth + 1 for depth in depths)]
    convolutions = {
        starts[stage] + 2 * place: f"conv{stage + 1}_{place + 1}"
        for stage, depth in enumerate(depths)
        for place in range(depth)
    }
    scores = _numbered("classifier", _plain((0, 3, 6), 6, "fc"))
    return (*_numbered("features", convolutions), *scores)


def _squeezenet(places: tuple[int, ...]) -> Rules:
    fires = _numbered("features", _plain(places, 2, "fire"))
    return ((r"^features\.0$", "conv1"), *fires, (r"^classifier\.1$", "conv10"), (r"\.", "/"))


_RESNET: Rules = (
    (r"^(layer\d)\.0\.", r"\1/first/"),
    (r"^(layer\d)\.(\d+)\.", r"\1/rest_\2/"),
    (r"downsample\.[01]$", "shortcut"),
    (r"bn(\d)$", r"conv\1"),
)

_DENSENET: Rules = (
    (r"^features\.", ""),
    (r"^denseblock(\d)\.denselayer(\d+)\.", r"dense\1_\2/"),
    (r"^transition(\d)\.", r"transition\1/"),
    (r"(norm|conv)\.(\d)$", r"\1\2"),  # as the files have it that were published first
    (r"^classifier$", "fc"),
)

_GOOGLENET: Rules = (
    (r"^aux[12]\..*", DROPPED),
    (r"\.(conv|bn)$", ""),
    (r"\.branch1$", "/branch1"),
    (r"\.branch([23])\.0$", r"/branch\1_reduce"),
    (r"\.branch([234])\.1$", r"/branch\1"),
)

_INCEPTION: Rules = (
    (r"\.(conv|bn)$", ""),
    (r"^Conv2d_(\d[ab])_\dx\d$", r"conv\1"),
    (r"^AuxLogits\.", "auxiliary/"),
    (r"^Mixed_(\d[a-e])\.branch_?", r"mixed\1/"),
    (r"^(mixed5[bcd]/3x3)dbl", r"\1"),
    (r"_([23])([ab])$", r"_\1/\2"),
)


def _mobilenet_v2() -> Rules:
    """Stages of 2, 3, 4, 3, 3 and 1 blocks, after one that does not expand."""
    blocks = [
        (stage, place)
        for stage, depth in enumerate((2, 3, 4, 3, 3, 1), 2)
        for place in range(depth)
    ]
    names = {
        number: f"stage{stage}/{f'rest_{place}/conv' if place else 'first'}"
        for number, (stage, place) in enumerate(blocks, 2)
    }
    return (
        (r"^features\.0\.[01]$", "conv0"),
        (r"^features\.18\.[01]$", "conv8"),
        (r"^classifier\.1$", "fc"),
        (r"^features\.1\.conv\.0\.[01]$", "stage1/depthwise"),
        (r"^features\.1\.conv\.[12]$", "stage1/project"),
        *_numbered("features", names),
        (r"\.conv\.0\.[01]$", "/expand"),
        (r"\.conv\.1\.[01]$", "/depthwise"),
        (r"\.conv\.[23]$", "/project"),
    )


_SHUFFLENET: Rules = (
    (r"^(conv[15])\.[01]$", r"\1"),
    (r"^(stage\d)\.0\.", r"\1/first/"),
    (r"^(stage\d)\.(\d+)\.", r"\1/rest_\2/"),
    (r"/branch1\.[01]$", "/depthwise"),
    (r"/branch1\.[23]$", "/branch1"),
    (r"/branch2\.[01]$", "/branch2/reduce"),
    (r"/branch2\.[34]$", "/branch2/depthwise"),
    (r"/branch2\.[567]$", "/branch2"),
)

FAMILIES: Mapping[str, Rules] = MappingProxyType(
    {
        "alexnet": _alexnet(),
        "vgg16": _vgg((2, 2, 3, 3, 3)),
        "vgg19": _vgg((2, 2, 4, 4, 4)),
        "resnet": _RESNET,
        "squeezenet1_0": _squeezenet((3, 4, 5, 7, 8, 9, 10, 12)),
        "squeezenet1_1": _squeezenet((3, 4, 6, 7, 9, 10, 11, 12)),
        "densenet": _DENSENET,
        "googlenet": _GOOGLENET,
        "inception_v3": _INCEPTION,
        "mobilenet_v2": _mobilenet_v2(),
        "shufflenet_v2": _SHUFFLENET,
    }
)
"""The rules of each family of nets."""


def layer_of(module: str, rules: Rules) -> str:
    """Return the layer that a module of torchvision's is; `DROPPED` where our net has none.

    >>> layer_of("layer2.0.downsample.1", FAMILIES["resnet"])
    'layer2/first/shortcut'
    """
    for pattern, replacement in rules:
        module = re.sub(pattern, replacement, module)
    return module


def renamed(
    given: Mapping[str, Tensor], rules: Rules, wanted: Mapping[str, torch.Size], where: str
) -> dict[str, Tensor]:
    """Return weights under the names of our net, in its order.

    Args:
        given: by torchvision's names.
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
