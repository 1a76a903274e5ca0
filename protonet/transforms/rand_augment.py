"""RandAugment and TrivialAugment: operations at random, at one level or at any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import model_validator

from protonet.randomness import below, key
from protonet.records import Count, Size, custom_error
from protonet.transforms.augmenting import AugmentParams, augmenting, sides
from protonet.transforms.magnitudes import LevelCount, Levels, usual, wide
from protonet.transforms.operations import SIGNED, Act
from protonet.transforms.record import Context, Positions, Transform, TransformType


class RandAugmentParams(AugmentParams):
    """How many operations, and how strong."""

    num_ops: Count = 2
    """Number of operations on each image, one after the other."""
    magnitude: Size = 9
    """Level of all operations, from 0 on."""
    num_magnitude_bins: Annotated[Count, LevelCount] = 31
    """Number of levels."""

    @model_validator(mode="after")
    def _is_a_level(self) -> RandAugmentParams:
        if self.magnitude >= self.num_magnitude_bins:
            raise custom_error(
                "PN013",
                f"magnitude {self.magnitude} is no level of {self.num_magnitude_bins}",
                f"the levels are 0 to {self.num_magnitude_bins - 1}",
            )
        return self


class TrivialAugmentParams(AugmentParams):
    """What comes in where pixels move."""

    num_magnitude_bins: Annotated[Count, LevelCount] = 31
    """Number of levels, of which each image gets one by chance."""


@dataclass(frozen=True, slots=True)
class RandomOperations:
    """Chooses operations for each sample, all equally likely.

    Attributes:
        levels: how strong each operation is.
        count: operations on each sample.
        level: that of all operations; None chooses one for each.
        seed: of this transform.
    """

    levels: Levels
    count: int
    level: int | None
    seed: int

    def __call__(self, positions: Positions) -> list[list[Act]]:
        """Return the operations on each sample."""
        names = list(self.levels)
        counters = positions[:, None] * self.count + np.arange(self.count)  # (N, count)
        operations = below(len(names), key(self.seed, "operation"), counters)
        signs = 1 - 2 * below(2, key(self.seed, "sign"), counters)
        levels = np.full_like(operations, self.level or 0)
        if self.level is None:
            bins = len(self.levels[names[0]])
            levels = below(bins, key(self.seed, "level"), counters)
        chosen = zip(operations, signs, levels, strict=True)
        return [[self._act(names, *one) for one in zip(*own, strict=True)] for own in chosen]

    def _act(self, names: list[str], operation: int, sign: int, level: int) -> Act:
        name = names[operation]
        much = float(self.levels[name][level])
        return name, float(sign) * much if name in SIGNED else much


def _build_rand(params: RandAugmentParams, context: Context) -> Transform:
    """Carry out operations on each image, chosen from 14, all at one level, in every phase.

    What a training pipeline stores for the evaluation of its net leaves it out; a label image takes
    part in what moves pixels.

    Takes and gives: (N, 1 or 3, H, W), bytes as stored.
    Raises: ShapeError if the samples are no images of bytes, the fill does not fit, or arithmetic
        stands before it.
    Source: Cubuk et al.: RandAugment, 2019; torchvision, RandAugment.
    """
    levels = usual(params.num_magnitude_bins, *sides(context))
    choose = RandomOperations(levels, params.num_ops, params.magnitude, context.seed)
    return augmenting("RandAugment", params, context, choose)


def _build_trivial(params: TrivialAugmentParams, context: Context) -> Transform:
    """Carry out one operation on each image, chosen from 14, at a level by chance, in every phase.

    What a training pipeline stores for the evaluation of its net leaves it out; a label image takes
    part in what moves pixels.

    Takes and gives: (N, 1 or 3, H, W), bytes as stored.
    Raises: ShapeError if the samples are no images of bytes, the fill does not fit, or arithmetic
        stands before it.
    Source: Müller, Hutter: TrivialAugment, 2021; torchvision, TrivialAugmentWide.
    """
    sides(context)
    choose = RandomOperations(wide(params.num_magnitude_bins), 1, None, context.seed)
    return augmenting("TrivialAugment", params, context, choose)


RAND_AUGMENT = TransformType(
    "RandAugment", RandAugmentParams, _build_rand, chooses="operations", moves=True
)
TRIVIAL_AUGMENT = TransformType(
    "TrivialAugment", TrivialAugmentParams, _build_trivial, chooses="operations", moves=True
)
