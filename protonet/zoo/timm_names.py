"""The rules that turn the names of timm's modules into those of our layers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from protonet.zoo.renaming import Rules

_RESNET: Rules = (
    (r"^conv1\.[01]$", "stem1"),  # of ResNet-D, which begins with three convolutions
    (r"^conv1\.[34]$", "stem2"),
    (r"^conv1\.6$", "conv1"),
    (r"^(layer\d)\.0\.", r"\1/first/"),
    (r"^(layer\d)\.(\d+)\.", r"\1/rest_\2/"),
    (r"/se\.fc1$", "/gate/down"),
    (r"/se\.fc2$", "/gate/up"),
    (r"downsample\.[012]$", "shortcut"),  # 0 is ResNet-D's pooling, which learns nothing
    (r"bn(\d)$", r"conv\1"),
)

_WITHIN: Rules = (
    (r"/(conv_pwl|bn3)$", "/project"),
    (r"/(conv_pw|bn1)$", "/expand"),
    (r"/(conv_dw|bn2)$", "/depthwise"),
    (r"/se\.conv_(reduce|expand)$", r"/gate/\1"),
)
"""Of a block that expands; one that does not has other numbers."""


def _efficientnet() -> Rules:
    """Seven stages of blocks, the first of which has one block that does not expand."""
    stages = tuple(
        rule
        for stage in range(1, 7)
        for rule in (
            (rf"^blocks\.{stage}\.0\.", f"stage{stage + 1}/first/"),
            (rf"^blocks\.{stage}\.(\d+)\.", rf"stage{stage + 1}/rest_\1/conv/"),
        )
    )
    return (
        (r"^(conv_stem|bn1)$", "conv0"),
        (r"^(conv_head|bn2)$", "conv8"),
        (r"^classifier$", "fc"),
        (r"^blocks\.0\.0\.(conv_dw|bn1)$", "stage1/depthwise"),
        (r"^blocks\.0\.0\.(conv_pw|bn2)$", "stage1/project"),
        (r"^blocks\.0\.0\.", "stage1/"),
        *stages,
        *_WITHIN,
    )


_MOBILENET_V3: Rules = (
    (r"^(conv_stem|bn1)$", "conv0"),
    (r"^conv_head$", "conv7"),
    (r"^classifier$", "fc"),
    (r"^blocks\.6\.0\.(conv|bn1)$", "conv6"),
    (r"^blocks\.0\.0\.(conv_dw|bn1)$", "block0_0/conv/depthwise"),
    (r"^blocks\.0\.0\.(conv_pw|bn2)$", "block0_0/conv/project"),
    (r"^blocks\.([1-5])\.0\.", r"block\1_0/"),
    (r"^blocks\.(\d)\.(\d)\.", r"block\1_\2/conv/"),
    *_WITHIN,
)

FAMILIES: Mapping[str, Rules] = MappingProxyType(
    {
        "resnet": _RESNET,
        "efficientnet": _efficientnet(),
        "mobilenetv3": _MOBILENET_V3,
    }
)
"""The rules of each family of nets; MobileNet v2 is one of timm's EfficientNets."""
