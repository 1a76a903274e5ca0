"""AutoAugment: one of 25 pairs of operations on each image, as found for a data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from protonet.randomness import below, key, uniform
from protonet.transforms.augmenting import AugmentParams, augmenting, sides
from protonet.transforms.magnitudes import Levels, usual
from protonet.transforms.operations import SIGNED, Act
from protonet.transforms.policies import POLICIES, Pair
from protonet.transforms.record import Context, Positions, Transform, TransformType

_LEVELS = 10


class AutoAugmentParams(AugmentParams):
    """Which policy, and what comes in where pixels move."""

    policy: Literal["imagenet", "cifar10", "svhn"] = "imagenet"
    """The data set that the policy was found on."""


@dataclass(frozen=True, slots=True)
class FoundPolicy:
    """Chooses a pair of a policy for each sample.

    Attributes:
        pairs: the policy.
        levels: how strong each operation is.
        seed: of this transform.
    """

    pairs: tuple[Pair, ...]
    levels: Levels
    seed: int

    def __call__(self, positions: Positions) -> list[list[Act]]:
        """Return the operations on each sample, none to two."""
        pairs = below(len(self.pairs), key(self.seed, "pair"), positions)
        counters = positions[:, None] * 2 + np.arange(2)  # (N, 2)
        chances = uniform(key(self.seed, "chance"), counters)
        signs = 1 - 2 * below(2, key(self.seed, "sign"), counters)
        return [
            [
                (step.name, self._much(step.name, step.level, int(sign)))
                for step, drawn, sign in zip(self.pairs[pair], own, either, strict=True)
                if drawn < step.probability
            ]
            for pair, own, either in zip(pairs, chances, signs, strict=True)
        ]

    def _much(self, name: str, level: int, sign: int) -> float:
        if name not in self.levels:
            return 0.0
        much = float(self.levels[name][level])
        return sign * much if name in SIGNED else much


def _build(params: AutoAugmentParams, context: Context) -> Transform:
    """Carry out one of 25 pairs of operations on each image, in every phase.

    What a training pipeline stores for the evaluation of its net leaves it out; a label image takes
    part in what moves pixels.

    Takes and gives: (N, 1 or 3, H, W), bytes as stored.
    Raises: ShapeError if the samples are no images of bytes, the fill does not fit, or arithmetic
        stands before it.
    Source: Cubuk et al.: AutoAugment, 2018; torchvision, AutoAugment.
    """
    levels = usual(_LEVELS, *sides(context))
    choose = FoundPolicy(POLICIES[params.policy], levels, context.seed)
    return augmenting("AutoAugment", params, context, choose)


AUTO_AUGMENT = TransformType(
    "AutoAugment", AutoAugmentParams, _build, chooses="operations", moves=True
)
