"""What the nets of configs/nets learn and compute, counted without protonet: by the formulas of the
papers, and for Caffe's own nets from the shapes that Caffe reported."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from math import prod
from typing import Any

from tests.golden.cases import FOLDER

RECORDED = {
    "lenet_train": "lenet",
    "lenet_test": "lenet",
    "lenet_deploy": "lenet",
    "cifar10_quick_train": "cifar10_quick",
    "cifar10_quick_deploy": "cifar10_quick",
    "cifar10_full_train": "cifar10_full",
    "cifar10_full_deploy": "cifar10_full",
    "alexnet_train": "alexnet",
    "alexnet_deploy": "alexnet",
    "caffenet_train": "caffenet",
    "caffenet_deploy": "caffenet",
    "googlenet_test": "googlenet",
    "googlenet_deploy": "googlenet",
    "siamese_test": "siamese_mnist",
    "siamese_deploy": "siamese_mnist",
    "mnist_autoencoder_train": "mnist_autoencoder",
}
"""What Caffe recorded, and the config of that net."""
TRAINED = [case for case in RECORDED if not case.endswith("_deploy")]


def recorded(case: str) -> dict[str, Any]:
    """Return what Caffe reported of a net."""
    found: dict[str, Any] = json.loads((FOLDER / "nets" / f"{case}.json").read_text())
    return found


def square(side: int, weights: int) -> int:
    """Return the multiply-adds of a convolution with this many weights and side * side outputs."""
    return side * side * weights


def bottlenecks(blocks: Iterable[int], gates: bool = False) -> tuple[int, int]:
    """Return parameters and multiply-adds of an ImageNet ResNet without a bias in conv1.

    The first 1x1 convolution and the shortcut have the stride, so all of a block's convolutions
    have the same size of output.
    """
    parameters, adds, wide = 9408 + 128, square(112, 9408), 64  # 7*7*3*64 = 9,408, gamma and beta
    for stage, count in enumerate(blocks):
        width, side = 64 * 2**stage, 56 // 2**stage
        inner = 9 * width * width + width * 4 * width
        weights = count * inner + (count - 1) * 4 * width * width + wide * (width + 4 * width)
        norms = count * 2 * (width + width + 4 * width) + 2 * 4 * width
        gate = count * 2 * 4 * width * width // 4 if gates else 0  # 4w * 4w/16, there and back
        biases = count * (width // 4 + 4 * width) if gates else 0
        parameters += weights + norms + gate + biases
        adds += square(side, weights) + gate
        wide = 4 * width
    return parameters + 2048 * 1000 + 1000, adds + 2048 * 1000


def cifar_resnet(n: int) -> tuple[int, int]:
    """Return parameters and multiply-adds of a ResNet of 6n + 2 layers."""
    first, second, third = (
        9 * (3 * 16 + 2 * n * 16 * 16),
        9 * (16 * 32 + (2 * n - 1) * 32 * 32),
        9 * (32 * 64 + (2 * n - 1) * 64 * 64),
    )
    norms = 2 * ((2 * n + 1) * 16 + 2 * n * 32 + 2 * n * 64)
    adds = square(32, first) + square(16, second) + square(8, third) + 640
    return first + second + third + norms + 650, adds


def nin() -> tuple[int, int]:
    """224 pixels: conv1 (224 - 11) / 4 + 1 = 54, pooled to 27, 13, 6."""
    adds = (
        square(54, 3 * 121 * 96 + 2 * 96 * 96)
        + square(27, 96 * 25 * 256 + 2 * 256 * 256)
        + square(13, 256 * 9 * 384 + 2 * 384 * 384)
        + square(6, 384 * 9 * 1024 + 1024 * 1024 + 1024 * 1000)
    )
    return 34944 + 18624 + 614656 + 131584 + 885120 + 295680 + 3539968 + 2074600, adds


def mobilenet() -> tuple[int, int]:
    """Each separable convolution: side of its output, channels in, channels out."""
    layers = [
        *((112, 32, 64), (56, 64, 128), (56, 128, 128), (28, 128, 256), (28, 256, 256)),
        *((14, 256, 512), *[(14, 512, 512)] * 5, (7, 512, 1024), (7, 1024, 1024)),
    ]
    adds = square(112, 864) + sum(square(s, 9 * c + c * out) for s, c, out in layers)
    return 864 + 44640 + 3139584 + 21888 + 1025000, adds + 1024000


def unet() -> tuple[int, int]:
    """Sides: 572 → 570, 568 | 284 → 282, 280 | 140 → 138, 136 | 68 → 66, 64 | 32 → 30, 28; up again
    56 → 54, 52 | 104 → 102, 100 | 200 → 198, 196 | 392 → 390, 388."""
    down = [(570, 1, 64), (568, 64, 64), (282, 64, 128), (280, 128, 128), (138, 128, 256)]
    down += [(136, 256, 256), (66, 256, 512), (64, 512, 512), (30, 512, 1024), (28, 1024, 1024)]
    up = [(54, 1024, 512), (52, 512, 512), (102, 512, 256), (100, 256, 256)]
    up += [(198, 256, 128), (196, 128, 128), (390, 128, 64), (388, 64, 64)]
    adds = sum(square(side, 9 * c * out) for side, c, out in [*down, *up])
    for side, c in ((28, 1024), (52, 512), (100, 256), (196, 128)):  # of the blob that is enlarged
        adds += square(side, c * c // 2 * 4)
    return 18842048 + 2786240 + 9402240 + 130, adds + square(388, 128)


def fcn32s() -> tuple[int, int]:
    """500 pixels, 100 more on each side: 698, pooled to 349, 175, 88, 44, 22; fc6 leaves 16."""
    adds = (
        square(698, 9 * (3 * 64 + 64 * 64))
        + square(349, 9 * (64 * 128 + 128 * 128))
        + square(175, 9 * (128 * 256 + 2 * 256 * 256))
        + square(88, 9 * (256 * 512 + 2 * 512 * 512))
        + square(44, 9 * 3 * 512 * 512)
        + square(16, 49 * 512 * 4096 + 4096 * 4096 + 4096 * 21)
        + square(16, 21 * 64 * 64)
    )
    return 14714688 + 102764544 + 16781312 + 86037 + 86016, adds


def highway() -> tuple[int, int]:
    """784-50, 48 layers with two matrices of 50 by 50, 50-10."""
    return 39250 + 244800 + 510, 784 * 50 + 48 * 2 * 50 * 50 + 500


def from_caffe(case: str) -> tuple[int, int]:
    """Count by the shapes that Caffe recorded: of each layer's weights and of its first top."""
    report = recorded(case)
    blobs, adds = dict(report["blobs"]), 0
    for layer in report["layers"]:
        if layer["type"] in ("Convolution", "InnerProduct"):
            places = prod(blobs[layer["tops"][0]][2:])  # 1 for (N, C)
            adds += places * prod(report["params"][layer["name"]][0])
    return report["n_params_learnable"], adds


def counts() -> Mapping[str, tuple[int, int]]:
    """Return learnable parameters and multiply-adds of every net."""
    resnet50 = bottlenecks([3, 4, 6, 3])
    return {
        **{RECORDED[case]: from_caffe(case) for case in TRAINED},
        "resnet50": (resnet50[0] + 64, resnet50[1]),  # the bias of conv1
        "resnet101": bottlenecks([3, 4, 23, 3]),
        "resnet152": bottlenecks([3, 8, 36, 3]),
        "se_resnet50": bottlenecks([3, 4, 6, 3], gates=True),
        "resnet20_cifar10": cifar_resnet(3),
        "resnet56_cifar10": cifar_resnet(9),
        "resnet110_cifar10": cifar_resnet(18),
        "nin": nin(),
        "mobilenet_v1": mobilenet(),
        "unet": unet(),
        "fcn32s": fcn32s(),
        "highway": highway(),
        "mlp": (784 * 300 + 300 + 300 * 10 + 10, 784 * 300 + 300 * 10),
    }
