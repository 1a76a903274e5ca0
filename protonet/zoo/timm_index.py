"""Weights that timm published for nets of `configs/nets`, by timm's own names.

Addresses, licences and preprocessing are those of the models' pretrained_cfg in timm 1.0.31;
accuracy is that of timm's results-imagenet.csv.
"""

from __future__ import annotations

from protonet.zoo.published import MEAN, STD, Preprocessing, Published, scored
from protonet.zoo.timm_names import FAMILIES

_FILES = "https://github.com/huggingface/pytorch-image-models/releases/download/"
_LICENCE = "Apache-2.0 (timm); trained on ImageNet, whose images are for non-commercial research"
_USUAL = Preprocessing((("short", 256), ("interpolation", "bicubic")), 224, "RGB", MEAN, STD)
_LARGE = Preprocessing((("short", 235), ("interpolation", "bicubic")), 224, "RGB", MEAN, STD)
"""Of 224 pixels 95 percent are cut out: floor(224 / 0.95)."""
_MEASURED = {"resnet": 288, "efficientnet": 224, "mobilenetv3": 224}
"""Side of the images with which timm measured a family, in pixels."""


def _timm(
    name: str,
    net: str,
    file: str,
    scores: tuple[float, float],
    family: str = "resnet",
    preprocessing: Preprocessing = _USUAL,
) -> Published:
    """Return weights of timm's.

    Args:
        name: of the model.
        net: name of the file in `configs/nets`.
        file: where it lies among the releases; its name ends in the first digits of its SHA-256.
        scores: accuracy of the first guess, and of the first five, in percent.
        family: a key of `FAMILIES`.
        preprocessing: what is done to an image.
    """
    side = _MEASURED[family]
    return Published(
        name=name,
        net=net,
        url=f"{_FILES}{file}",
        checksum=file.rpartition("-")[2].removesuffix(".pth"),
        source=f"timm ({file.rpartition('/')[2]}), trained on ImageNet",
        licence=_LICENCE,
        accuracy=scored(*scores, by=f"timm, one crop of {side} x {side} pixels"),
        preprocessing=preprocessing,
        most=128 << 20,
        rules=FAMILIES[family],
    )


def _a1(name: str, net: str, digits: str, scores: tuple[float, float]) -> Published:
    """Return weights of the recipe A1: Wightman, Touvron, Jégou: ResNet strikes back, 2021."""
    path = f"v0.1-rsb-weights/{name}_a1_0-{digits}.pth"
    return _timm(f"{name}.a1_in1k", net, path, scores, preprocessing=_LARGE)


TIMM = (
    _a1("resnet18", "resnet18_torchvision", "d63eafa0", (73.158, 91.026)),
    _a1("resnet34", "resnet34_torchvision", "46f8f793", (77.918, 93.766)),
    _a1("resnet50", "resnet50_torchvision", "14fe96d1", (81.214, 95.102)),
    _a1("resnet50d", "resnet50d_timm", "e20cff14", (81.45, 95.218)),
    _a1("seresnet50", "seresnet50_timm", "ffa00869", (81.102, 95.12)),
    _a1("resnext50_32x4d", "resnext50_32x4d_timm", "b5a91a1d", (81.466, 95.174)),
    _timm(
        "resnet26.bt_in1k",
        "resnet26_timm",
        "v0.1-weights/resnet26-9aa10e23.pth",
        (76.366, 93.18),
    ),
    _timm(
        "mobilenetv2_100.ra_in1k",
        "mobilenet_v2_torchvision",
        "v0.1-weights/mobilenetv2_100_ra-b33bc2c4.pth",
        (72.976, 91.01),
        "efficientnet",
    ),
    _timm(
        "efficientnet_b0.ra_in1k",
        "efficientnet_b0_timm",
        "v0.1-weights/efficientnet_b0_ra-3dd342df.pth",
        (77.694, 93.532),
        "efficientnet",
    ),
    _timm(
        "mobilenetv3_large_100.ra_in1k",
        "mobilenetv3_large_timm",
        "v0.1-weights/mobilenetv3_large_100_ra-f55367f5.pth",
        (75.766, 92.538),
        "mobilenetv3",
    ),
)
