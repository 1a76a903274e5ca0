"""Turn images left to right."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from protonet.randomness import uniform
from protonet.records import Fraction, Record
from protonet.transforms.record import (
    Array,
    Context,
    Positions,
    Transform,
    TransformType,
    images_of,
)
from protonet.transforms.sending import sent
from protonet.windows.plain import Windows


class MirrorParams(Record):
    """How often an image is turned."""

    probability: Fraction = 0.5
    """Chance that an image is turned, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """Turns each image with the given chance.

    Attributes:
        probability: 0 to 1.
        seed: of this transform.
        height, width: of the images.
    """

    probability: float
    seed: int
    height: int
    width: int

    def chosen(self, positions: Positions) -> Positions:
        """Return the numbers, within the batch, of the images to turn."""
        return np.flatnonzero(self._turns(positions))

    def windows(self, positions: Positions) -> Windows:
        """Return the whole of each image, some turned."""
        whole = Windows.whole(len(positions), self.height, self.width)
        return replace(whole, mirrored=self._turns(positions))

    def host(self, images: Array, positions: Positions) -> Array:
        """Turn some of (N, C, H, W)."""
        turned, chosen = images.copy(), self.chosen(positions)
        turned[chosen] = images[chosen][..., ::-1]
        return turned

    def device(self, images: torch.Tensor, positions: Positions) -> torch.Tensor:
        """Do the same in place."""
        chosen = sent(self.chosen(positions), images)
        images[chosen] = images[chosen].flip(-1)
        return images

    def _turns(self, positions: Positions) -> npt.NDArray[np.bool_]:
        return uniform(self.seed, positions) < self.probability


def _build(params: MirrorParams, context: Context) -> Transform:
    """Turn each image left to right with the given chance, in every phase.

    What a training pipeline stores for the evaluation of its net leaves it out.

    Takes and gives: (N, C, H, W).
    Raises: ShapeError if the samples are no images.
    Source: Caffe, data_transformer.cpp (`mirror && Rand(2)`, whatever the phase).
    """
    _, height, width = images_of(context)
    mirror = Mirror(params.probability, context.seed, height, width)
    description = {"type": "Mirror", "probability": params.probability}
    return Transform(
        shape=context.shape,
        device=mirror.device,
        host=mirror.host,
        windows=mirror.windows,
        description=None if context.training else description,
    )


MIRROR = TransformType("Mirror", MirrorParams, _build, chooses="side", moves=True)
