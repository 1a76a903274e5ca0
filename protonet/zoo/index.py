"""The models that are known by name: public weights for the nets of `configs/nets`.

What is said of each is what its authors published: address, checksum, accuracy, preprocessing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protonet.records import ChannelOrder, catalogue
from protonet.zoo.model import Accuracy
from protonet.zoo.torchvision_names import FAMILIES, Rules

TASK = "image classification"
CLASSES = Path(__file__).parent / "assets" / "imagenet_classes.txt"
"""Names of ImageNet's classes, a line each, after two lines on where they come from."""

_VALIDATION = "ImageNet ILSVRC 2012, the 50,000 validation images"


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """What is done to an image of any size, 0 to 255.

    Attributes:
        resize: keys of the transform Resize.
        crop: side of the window in the centre, in pixels.
        channels: their order.
        mean: of each channel, which is subtracted.
        std: of each channel, which the rest is divided by.
    """

    resize: tuple[tuple[str, Any], ...]
    crop: int
    channels: ChannelOrder
    mean: tuple[float, float, float]
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def transform(self) -> tuple[dict[str, Any], ...]:
        """Return the list of transforms."""
        plain = self.std == (1.0, 1.0, 1.0)
        subtract: dict[str, Any] = (
            {"type": "Mean", "value": list(self.mean)}
            if plain
            else {"type": "Normalize", "mean": list(self.mean), "std": list(self.std)}
        )
        return (
            {"type": "Resize", **dict(self.resize)},
            {"type": "CenterCrop", "size": [self.crop, self.crop]},
            subtract,
        )


@dataclass(frozen=True, slots=True)
class Published:
    """Weights that someone published for one of our nets.

    Attributes:
        name: as in `zoo://NAME`.
        net: name of the file in `configs/nets`.
        url: of the file with the weights.
        checksum: what is published of the file's checksum, its beginning or all of it.
        algorithm: of the checksum.
        source: who made them, and from what.
        licence: their terms.
        accuracy: what they are worth.
        preprocessing: what is done to an image.
        most: bytes that the file has at most.
        rules: from torchvision's names to ours; None of a file of Caffe's.
    """

    name: str
    net: str
    url: str
    checksum: str
    source: str
    licence: str
    accuracy: tuple[Accuracy, ...]
    preprocessing: Preprocessing
    most: int
    algorithm: str = "sha256"
    rules: Rules | None = None


_SHORT_256 = (("short", 256),)
_MEAN, _STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
"""torchvision's (0.485, 0.456, 0.406) and (0.229, 0.224, 0.225), times 255."""
_USUAL = Preprocessing(_SHORT_256, 224, "RGB", _MEAN, _STD)
_LATER = Preprocessing((("short", 232),), 224, "RGB", _MEAN, _STD)
"""Of the weights that torchvision calls V2."""
_HALF = (127.5, 127.5, 127.5)
_GOOGLENET = Preprocessing(_SHORT_256, 224, "RGB", _HALF, _HALF)
"""From -1 to 1: what torchvision's transform_input makes of its usual normalization."""
_INCEPTION = Preprocessing((("short", 342),), 299, "RGB", _HALF, _HALF)

_FILES = "https://download.pytorch.org/models/"
_LICENCE = (
    "BSD-3-Clause (torchvision); trained on ImageNet, whose images are for non-commercial research"
)


def _torchvision(
    name: str,
    family: str,
    file: str,
    scores: tuple[float, float],
    megabytes: float,
    preprocessing: Preprocessing = _USUAL,
) -> Published:
    """Return weights of torchvision's.

    Args:
        name: of the model; `resnet50_v2` is the net resnet50.
        family: a key of `FAMILIES`.
        file: name of the file, which ends in the first digits of its SHA-256.
        scores: accuracy of the first guess, and of the first five, in percent.
        megabytes: size of the file, 1024 · 1024 bytes each, as torchvision says it.
        preprocessing: what is done to an image.
    """
    by = "torchvision, one crop"
    top1, top5 = scores
    return Published(
        name=name,
        net=f"{name.removesuffix('_v2') if preprocessing is _LATER else name}_torchvision",
        url=f"{_FILES}{file}",
        checksum=file.rpartition("-")[2].removesuffix(".pth"),
        source=f"torchvision ({file}), trained on ImageNet",
        licence=_LICENCE,
        accuracy=(
            Accuracy(metric="top1", value=top1 / 100, data=_VALIDATION, by=by),
            Accuracy(metric="top5", value=top5 / 100, data=_VALIDATION, by=by),
        ),
        preprocessing=preprocessing,
        most=int((megabytes + 1) * (1 << 20)),
        rules=FAMILIES[family],
    )


_CAFFE_FILES = "http://dl.caffe.berkeleyvision.org/"
_CAFFE_MEAN = (104.0, 117.0, 123.0)


def _caffe(
    name: str, file: str, sha1: str, scores: tuple[float, float], preprocessing: Preprocessing
) -> Published:
    """Return weights that came with Caffe."""
    by = "BVLC, one crop, the mean image subtracted"
    if name == "bvlc_googlenet":
        by = "BVLC, one crop"
    top1, top5 = scores
    return Published(
        name=name,
        net=name.removeprefix("bvlc_"),
        url=f"{_CAFFE_FILES}{file}",
        checksum=sha1,
        algorithm="sha1",
        source=f"Berkeley Vision and Learning Center ({file}), trained on ImageNet",
        licence="unrestricted use (BVLC); trained on ImageNet, whose images are for research",
        accuracy=(
            Accuracy(metric="top1", value=top1 / 100, data=_VALIDATION, by=by),
            Accuracy(metric="top5", value=top5 / 100, data=_VALIDATION, by=by),
        ),
        preprocessing=preprocessing,
        most=256 << 20,
    )


_WARPED = (("size", [256, 256]),)

PUBLISHED = catalogue(
    [
        _torchvision("alexnet", "alexnet", "alexnet-owt-7be5be79.pth", (56.522, 79.066), 233.087),
        _torchvision("vgg16", "vgg16", "vgg16-397923af.pth", (71.592, 90.382), 527.796),
        _torchvision("vgg19", "vgg19", "vgg19-dcbb9e9d.pth", (72.376, 90.876), 548.051),
        _torchvision("resnet18", "resnet", "resnet18-f37072fd.pth", (69.758, 89.078), 44.661),
        _torchvision("resnet34", "resnet", "resnet34-b627a593.pth", (73.314, 91.42), 83.275),
        _torchvision("resnet50", "resnet", "resnet50-0676ba61.pth", (76.13, 92.862), 97.781),
        _torchvision(
            "resnet50_v2", "resnet", "resnet50-11ad3fa6.pth", (80.858, 95.434), 97.79, _LATER
        ),
        _torchvision("resnet101", "resnet", "resnet101-63fe2227.pth", (77.374, 93.546), 170.511),
        _torchvision(
            "resnet101_v2", "resnet", "resnet101-cd907fc2.pth", (81.886, 95.78), 170.53, _LATER
        ),
        _torchvision("resnet152", "resnet", "resnet152-394f9c45.pth", (78.312, 94.046), 230.434),
        _torchvision(
            "resnet152_v2", "resnet", "resnet152-f82ba261.pth", (82.284, 96.002), 230.474, _LATER
        ),
        _torchvision(
            "wide_resnet50_2", "resnet", "wide_resnet50_2-95faca4d.pth", (78.468, 94.086), 131.82
        ),
        _torchvision(
            "squeezenet1_0", "squeezenet1_0", "squeezenet1_0-b66bff10.pth", (58.092, 80.42), 4.778
        ),
        _torchvision(
            "squeezenet1_1", "squeezenet1_1", "squeezenet1_1-b8a52dc0.pth", (58.178, 80.624), 4.729
        ),
        _torchvision(
            "mobilenet_v2", "mobilenet_v2", "mobilenet_v2-b0353104.pth", (71.878, 90.286), 13.555
        ),
        _torchvision(
            "densenet121", "densenet", "densenet121-a639ec97.pth", (74.434, 91.972), 30.845
        ),
        _torchvision(
            "googlenet", "googlenet", "googlenet-1378be20.pth", (69.778, 89.53), 49.731, _GOOGLENET
        ),
        _torchvision(
            "inception_v3",
            "inception_v3",
            "inception_v3_google-0cc3c7bd.pth",
            (77.294, 93.45),
            103.903,
            _INCEPTION,
        ),
        _torchvision(
            "shufflenet_v2_x1_0",
            "shufflenet_v2",
            "shufflenetv2_x1-5666bf0f80.pth",
            (69.362, 88.316),
            8.791,
        ),
        _caffe(
            "bvlc_alexnet",
            "bvlc_alexnet.caffemodel",
            "9116a64c0fbe4459d18f4bb6b56d647b63920377",
            (57.1, 80.2),
            Preprocessing(_WARPED, 227, "BGR", _CAFFE_MEAN),
        ),
        _caffe(
            "bvlc_caffenet",
            "bvlc_reference_caffenet.caffemodel",
            "4c8d77deb20ea792f84eb5e6d0a11ca0a8660a46",
            (57.4, 80.4),
            Preprocessing(_WARPED, 227, "BGR", _CAFFE_MEAN),
        ),
        _caffe(
            "bvlc_googlenet",
            "bvlc_googlenet.caffemodel",
            "405fc5acd08a3bb12de8ee5e23a96bec22f08204",
            (68.7, 88.9),
            Preprocessing(_WARPED, 224, "BGR", _CAFFE_MEAN),
        ),
    ]
)
"""Name → what was published."""


def imagenet_classes() -> tuple[str, ...]:
    """Return the names of ImageNet's 1,000 classes, in the order of its labels."""
    lines = CLASSES.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if not line.startswith("#"))
