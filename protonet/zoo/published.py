"""What is known of weights that someone published for one of our nets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protonet.records import ChannelOrder
from protonet.zoo.model import Accuracy
from protonet.zoo.renaming import Rules

TASK = "image classification"
VALIDATION = "ImageNet ILSVRC 2012, the 50,000 validation images"
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
"""torchvision's (0.485, 0.456, 0.406) and (0.229, 0.224, 0.225), times 255."""


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
        rules: from the names of its modules to those of our layers; None of a file of Caffe's.
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


def scored(top1: float, top5: float, by: str) -> tuple[Accuracy, ...]:
    """Return what weights are worth on ImageNet.

    Args:
        top1: images of whose classes the first guess names the right one, in percent.
        top5: of which one of the first five does, in percent.
        by: who measured it, and how.
    """
    return (
        Accuracy(metric="top1", value=top1 / 100, data=VALIDATION, by=by),
        Accuracy(metric="top5", value=top5 / 100, data=VALIDATION, by=by),
    )
