"""MixUp and CutMix: each sample of a training batch mixed with its neighbour, and their labels
alike; OneHot: class labels as shares, which both give.

Neighbours are the two samples of an even position and the next odd one. A shuffled set puts two
samples beside each other by chance, so that such pairs are as random as any; and the pairs do not
depend on the number of processes, as long as each has whole ones. A sample whose neighbour is not
in the batch stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from protonet.errors import ShapeError
from protonet.randomness import key, uniform
from protonet.records import Fraction, Positive, Record
from protonet.transforms.chances import Drawn, beta
from protonet.transforms.record import (
    Context,
    Positions,
    Transform,
    TransformType,
    images_of,
)
from protonet.transforms.sending import sent

Spans = npt.NDArray[np.int64]


class MixUpParams(Record):
    """How much of its neighbour a sample gets."""

    alpha: Positive = 0.2
    """Of the beta distribution (alpha, alpha) of the shares: 1 makes all equally likely, a small
    one leaves most samples nearly as they are."""
    probability: Fraction = 1.0
    """Chance that a sample is mixed, 0 to 1. Beside CutMix, chances that add up to at most 1 give
    a sample one of the two."""


class CutMixParams(Record):
    """How large a window of its neighbour a sample gets."""

    alpha: Positive = 1.0
    """Of the beta distribution (alpha, alpha) of the shares: 1 makes all equally likely."""
    probability: Fraction = 1.0
    """Chance that a sample is mixed, 0 to 1. Beside MixUp, chances that add up to at most 1 give a
    sample one of the two."""


class OneHotParams(Record):
    """Has no keys."""


def mixes(steps: object) -> bool:
    """Return whether a list of transforms mixes samples; Caffe's map never does."""
    return isinstance(steps, tuple) and any(
        isinstance(step.params, MixUpParams | CutMixParams) for step in steps
    )


def partners(positions: Positions) -> Positions:
    """Return for each sample the number, within the batch, of its neighbour; of one that has none
    its own."""
    order = np.argsort(positions, kind="stable")
    wanted = positions ^ 1
    found = np.searchsorted(positions[order], wanted)
    there = order[np.minimum(found, len(positions) - 1)]
    return np.where(positions[there] == wanted, there, np.arange(len(positions)))


@dataclass(frozen=True, slots=True)
class Mixture:
    """Mixes samples with their neighbours.

    Attributes:
        alpha: of the beta distribution of the shares.
        probability: that a sample is mixed.
        seed: of this transform.
        chance: seed of the chance, which MixUp and CutMix share.
    """

    alpha: float
    probability: float
    seed: int
    chance: int

    def shares(self, positions: Positions) -> Drawn:
        """Return how much of each sample stays its own, (N,)."""
        drawn = beta(self.alpha, key(self.seed, "share"), positions)
        return np.where(uniform(self.chance, positions) < self.probability, drawn, 1.0)

    def samples(self, samples: torch.Tensor, positions: Positions) -> torch.Tensor:
        """Mix (N, …), images and shares of classes alike."""
        own = sent(self.shares(positions).astype(np.float32), samples)
        own = own.reshape(-1, *[1] * (samples.dim() - 1))
        return torch.lerp(neighbours(samples, positions), samples, own)


def neighbours(samples: torch.Tensor, positions: Positions) -> torch.Tensor:
    """Return the neighbour of each of (N, …)."""
    return samples[sent(partners(positions), samples)]


@dataclass(frozen=True, slots=True)
class Cutting:
    """Pastes a window of its neighbour into each sample, at the same place.

    Attributes:
        rows, columns: of the images.
        alpha: of the beta distribution of the shares, before windows are cut off at the edge.
        probability: that a sample is mixed.
        seed: of this transform.
        chance: seed of the chance, which MixUp and CutMix share.
    """

    rows: int
    columns: int
    alpha: float
    probability: float
    seed: int
    chance: int

    def windows(self, positions: Positions) -> tuple[Spans, Spans]:
        """Return first and last row, and column, of each window, the last not in it; (N, 2) each.

        Its centre is anywhere, so that it may be cut off at the edge.
        """
        own = beta(self.alpha, key(self.seed, "share"), positions)
        side = np.sqrt(1 - own)
        # From the other end of the same chance as MixUp.
        mixed = uniform(self.chance, positions) >= 1 - self.probability
        return (
            self._span(self.rows, side * mixed, key(self.seed, "row"), positions),
            self._span(self.columns, side * mixed, key(self.seed, "column"), positions),
        )

    def _span(self, size: int, side: Drawn, seed: int, positions: Positions) -> Spans:
        length = (side * size).astype(np.int64)
        middle = (uniform(seed, positions) * size).astype(np.int64)
        first = middle - length // 2
        return np.clip(np.stack([first, first + length // 2 * 2], 1), 0, size)

    def images(self, images: torch.Tensor, positions: Positions) -> torch.Tensor:
        """Paste into (N, C, H, W)."""
        result = images.clone()
        for row, other, rows, columns in self._pasted(positions):
            result[row, :, rows, columns] = images[other, :, rows, columns]
        return result

    def _pasted(self, positions: Positions) -> Iterator[tuple[int, int, slice, slice]]:
        """Yield each sample that has a neighbour, the neighbour, and the window that it gets."""
        rows, columns = (span.tolist() for span in self.windows(positions))
        for row, other in enumerate(partners(positions).tolist()):
            if other != row:
                yield row, other, slice(*rows[row]), slice(*columns[row])

    def labels(self, labels: torch.Tensor, positions: Positions) -> torch.Tensor:
        """Mix (N, …) by the areas of the windows."""
        rows, columns = (span[:, 1] - span[:, 0] for span in self.windows(positions))
        own = 1 - rows * columns / (self.rows * self.columns)
        shares = sent(own.astype(np.float32), labels)
        shares = shares.reshape(-1, *[1] * (labels.dim() - 1))
        return torch.lerp(neighbours(labels, positions), labels, shares)


def _same(samples: torch.Tensor, positions: Positions) -> torch.Tensor:
    return samples


def _mix_up(params: MixUpParams, context: Context) -> Transform:
    """Add to each sample of a training batch a share of its neighbour, and to its label alike.

    Class labels become shares of the classes, (N, classes); so they do outside training, where
    nothing is mixed.

    Takes and gives: (N, …), float32.
    Raises: ShapeError if the samples are label images.
    Source: Zhang, Cisse, Dauphin, Lopez-Paz: mixup, 2017; with a share of its own for each sample.
    """
    _check_no_labels(context)
    if not context.training:
        return _shares_only(context)
    mixture = Mixture(params.alpha, params.probability, context.seed, _chance(context))
    return Transform(
        shape=context.shape, device=mixture.samples, labels=mixture.samples, description=None
    )


def _cut_mix(params: CutMixParams, context: Context) -> Transform:
    """Paste into each image of a training batch a window of its neighbour; mix labels by area.

    Class labels become shares of the classes, (N, classes); so they do outside training, where
    nothing is mixed.

    Takes and gives: (N, C, H, W), float32.
    Raises: ShapeError if the samples are no images, or label images.
    Source: Yun et al.: CutMix, 2019; with a window of its own for each sample.
    """
    _check_no_labels(context)
    _, rows, columns = images_of(context)
    if not context.training:
        return _shares_only(context)
    cutting = Cutting(
        rows, columns, params.alpha, params.probability, context.seed, _chance(context)
    )
    return Transform(
        shape=context.shape, device=cutting.images, labels=cutting.labels, description=None
    )


def _one_hot(params: OneHotParams, context: Context) -> Transform:
    """Turn the samples' class labels into shares of the classes: 1 for its own, 0 for the others.

    The samples themselves stay as they are. The label is an input of the net of shape [classes].

    Takes and gives: (N, …); its labels (N), whole numbers, become (N, classes), float32.
    Raises: ShapeError if the samples are label images.
    """
    _check_no_labels(context)
    return _shares_only(context)


def _shares_only(context: Context) -> Transform:
    return Transform(
        shape=context.shape,
        device=_same,
        host=lambda images, positions: images,
        labels=_same,
        description=None,
    )


def _chance(context: Context) -> int:
    return key(context.shared_seed, "mixed")


def _check_no_labels(context: Context) -> None:
    if context.label_image:
        raise ShapeError("its samples are label images, whose numbers cannot be shared out")


MIX_UP = TransformType("MixUp", MixUpParams, _mix_up, chooses="mixed samples", makes_shares=True)
CUT_MIX = TransformType(
    "CutMix", CutMixParams, _cut_mix, chooses="pasted windows", makes_shares=True
)
ONE_HOT = TransformType("OneHot", OneHotParams, _one_hot, makes_shares=True)
