"""Boxes of a detector: what their offsets mean, and which of them are one too many.

Source: SSD's fork of Caffe, bbox_util.cpp.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

Array = npt.NDArray[Any]


class Coding(NamedTuple):
    """What the four offsets of a box are.

    Attributes:
        code: CORNER, CENTER_SIZE or CORNER_SIZE, as `DetectionOutputParams.code_type` has them.
        has_variance: whether the variances are in the offsets already.
    """

    code: str
    has_variance: bool


def decoded(offsets: torch.Tensor, priors: torch.Tensor, coding: Coding) -> torch.Tensor:
    """Return boxes by their corners, (N, priors, locations, 4): left, top, right, bottom.

    Args:
        offsets: of each prior box, for each of its locations, (N, priors, locations, 4).
        priors: corners and variances, (2, priors, 4).
        coding: what the offsets are.
    """
    corners, variances = priors[0, :, None], priors[1, :, None]  # (priors, 1, 4) each
    offsets = offsets if coding.has_variance else offsets * variances
    first, last = corners[..., :2], corners[..., 2:]
    if coding.code == "CORNER":
        return corners + offsets
    sides = last - first
    if coding.code == "CORNER_SIZE":
        return corners + offsets * torch.cat([sides, sides], -1)
    centres = (first + last) / 2 + offsets[..., :2] * sides
    halves = offsets[..., 2:].exp() * sides / 2
    return torch.cat([centres - halves, centres + halves], -1)


def suppressed(
    boxes: Array, scores: Array, thresholds: tuple[float, float], *, top_k: int, eta: float
) -> npt.NDArray[np.intp]:
    """Return which boxes of a class are kept, the best first.

    A box is kept if it overlaps none that was kept before it by more than the threshold.

    Args:
        boxes: (boxes, 4), by their corners.
        scores: (boxes).
        thresholds: the score above which a box counts, and the overlap above which it goes.
        top_k: how many boxes, the best ones, count; -1: all.
        eta: what the second threshold is multiplied by, for each box kept, while it is above 0.5.
    """
    least, threshold = thresholds
    counting = np.flatnonzero(scores > least)
    order = counting[np.argsort(-scores[counting], kind="stable")]
    order = order[:top_k] if top_k >= 0 else order
    ranked = boxes[order]
    sizes = areas(ranked)
    worst = np.zeros(len(order), boxes.dtype)  # the largest overlap with a box that was kept
    kept = []
    for place in range(len(order)):
        if worst[place] <= threshold:
            kept.append(place)
            shares = overlaps(ranked[place], ranked[place:], sizes[place:])
            np.maximum(worst[place:], shares, out=worst[place:])
            threshold *= eta if threshold > 0.5 else 1.0
    return order[kept]


def overlaps(box: Array, others: Array, sizes: Array) -> Array:
    """Return how much a box has in common with each of others, as a share of what the two cover
    together; 0 where nothing.

    Args:
        box: the first of the others, (4).
        others: (others, 4).
        sizes: their areas, (others).
    """
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    np.maximum(sides, 0, out=sides)
    common = sides[:, 0] * sides[:, 1]
    together = sizes[0] + sizes - common
    share: Array = np.divide(common, together, out=common, where=common > 0)
    return share


def areas(boxes: Array) -> Array:
    """Return the area of each box, (boxes); 0 where it ends before it begins."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    size: Array = sides[:, 0] * sides[:, 1]
    return size
