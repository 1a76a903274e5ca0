"""Add normal noise to every number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch

from protonet.randomness import key
from protonet.records import Fraction, Record
from protonet.transforms.chances import Span, at_least, between, chosen, generators
from protonet.transforms.record import (
    Context,
    Positions,
    Transform,
    TransformType,
    chance,
    unchanged,
)
from protonet.transforms.sending import sent


class GaussianNoiseParams(Record):
    """How strong the noise is."""

    std: Annotated[Span, at_least(0)]
    """Standard deviation, in the units that the samples have here; or [least, most], of which each
    sample gets its own."""
    probability: Fraction = 1.0
    """Chance that a sample gets noise, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Adds noise to some samples.

    Attributes:
        std: least and most standard deviation.
        probability: that a sample gets noise.
        seed: of this transform.
    """

    std: tuple[float, float]
    probability: float
    seed: int

    def device(self, samples: torch.Tensor, positions: Positions) -> torch.Tensor:
        """Add to some of (N, …), in place.

        The noise is made on the host, so that it is the same on every device.
        """
        stds = between(self.std, key(self.seed, "std"), positions)
        rows = chosen(self.probability, self.seed, positions)
        noises = generators(key(self.seed, "noise"), positions[rows])
        for row, generator in zip(rows.tolist(), noises, strict=True):
            noise = torch.randn(samples.shape[1:], generator=generator)
            samples[row].add_(sent(noise, samples), alpha=float(stds[row]))
        return samples


def _build(params: GaussianNoiseParams, context: Context) -> Transform:
    """Add a normal number of mean 0 to every number, in every phase.

    What a training pipeline stores for the evaluation of its net leaves it out; a label image stays
    as it is.

    Takes and gives: (N, …), float32.
    """
    if context.label_image:
        return unchanged(context)
    noise = Noise(params.std, params.probability, context.seed)
    return Transform(
        shape=context.shape,
        device=noise.device,
        description=chance("GaussianNoise", params, context),
    )


GAUSSIAN_NOISE = TransformType("GaussianNoise", GaussianNoiseParams, _build, chooses="noise")
