"""The models that are known by name: public weights for the nets of `configs/nets`.

What is said of each is what its authors published: address, checksum, accuracy, preprocessing.
"""

from __future__ import annotations

from pathlib import Path

from protonet.records import catalogue
from protonet.zoo.published import MEAN, STD, Preprocessing, Published, scored
from protonet.zoo.timm_index import TIMM
from protonet.zoo.torchvision_names import FAMILIES

CLASSES = Path(__file__).parent / "assets" / "imagenet_classes.txt"
"""Names of ImageNet's classes, a line each, after two lines on where they come from."""


_SHORT_256 = (("short", 256),)
_USUAL = Preprocessing(_SHORT_256, 224, "RGB", MEAN, STD)
_LATER = Preprocessing((("short", 232),), 224, "RGB", MEAN, STD)
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
    return Published(
        name=name,
        net=f"{name.removesuffix('_v2') if preprocessing is _LATER else name}_torchvision",
        url=f"{_FILES}{file}",
        checksum=file.rpartition("-")[2].removesuffix(".pth"),
        source=f"torchvision ({file}), trained on ImageNet",
        licence=_LICENCE,
        accuracy=scored(*scores, by="torchvision, one crop"),
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
    return Published(
        name=name,
        net=name.removeprefix("bvlc_"),
        url=f"{_CAFFE_FILES}{file}",
        checksum=sha1,
        algorithm="sha1",
        source=f"Berkeley Vision and Learning Center ({file}), trained on ImageNet",
        licence="unrestricted use (BVLC); trained on ImageNet, whose images are for research",
        accuracy=scored(*scores, by=by),
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
        *TIMM,
    ]
)
"""Name → what was published."""


def imagenet_classes() -> tuple[str, ...]:
    """Return the names of ImageNet's 1,000 classes, in the order of its labels."""
    lines = CLASSES.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if not line.startswith("#"))
