"""The rules that turn the names of torchvision's modules into those of our layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate
from types import MappingProxyType

from protonet.zoo.renaming import DROPPED, Rules, numbered


def _plain(places: Iterable[int], first: int, stem: str) -> dict[int, str]:
    return {place: f"{stem}{number}" for number, place in enumerate(places, first)}


def _alexnet() -> Rules:
    convolutions = numbered("features", _plain((0, 3, 6, 8, 10), 1, "conv"))
    return (*convolutions, *numbered("classifier", _plain((1, 4, 6), 6, "fc")))


def _vgg(depths: tuple[int, ...]) -> Rules:
    """Each stage is a ReLU after every convolution, and a pooling at its end."""
    starts = [0, *accumulate(2 * depth + 1 for depth in depths)]
    convolutions = {
        starts[stage] + 2 * place: f"conv{stage + 1}_{place + 1}"
        for stage, depth in enumerate(depths)
        for place in range(depth)
    }
    scores = numbered("classifier", _plain((0, 3, 6), 6, "fc"))
    return (*numbered("features", convolutions), *scores)


def _squeezenet(places: tuple[int, ...]) -> Rules:
    fires = numbered("features", _plain(places, 2, "fire"))
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
        *numbered("features", names),
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
