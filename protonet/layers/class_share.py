"""Shares of right answers, class by class, and their average over the classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import torch

from protonet.errors import ShapeError
from protonet.layers.answers import (
    Answered,
    AnswerParams,
    Chosen,
    class_count,
    reader,
    tally,
)
from protonet.layers.counted import Counted
from protonet.layers.record import Blob, Setting

Average = Literal["macro", "micro", "weighted", "binary", "none"]

Formula = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
"""(hits, predicted, actual), each (classes) → numerator and denominator of the share, alike.

A hit is a position that was predicted to be of a class and is; `predicted` and `actual` count the
positions that were said to be of it, and that are."""


class ClassShareParams(AnswerParams):
    """How the classes are averaged, and which answers and labels count."""

    average: Average = "macro"
    """The mean over the classes that occur (macro), the share over all positions together (micro),
    the mean weighed by how often each class is true (weighted), that of class 1 of two (binary),
    or each class by itself (none)."""


def build_share(params: ClassShareParams, bottoms: Sequence[Blob], formula: Formula) -> Counted:
    """Return the module of a share.

    Raises: ShapeError if the axis does not exist, labels and scores do not match, the threshold
        decides nothing, or the classes are not two for `average: binary`.
    """
    count = reader(bottoms, params, _of_choices, _of_answers)
    classes = class_count(bottoms[0], params.axis)
    if params.average == "binary" and classes != 2:
        raise ShapeError(
            f"average binary is that of class 1 of two, and scores of shape {bottoms[0]} have"
            f" {classes}"
            f" class{'es' * (classes != 1)}",
            "average macro, micro and weighted take any number of classes",
        )
    return Counted(count, partial(share, formula=formula, average=params.average))


def share(sums: torch.Tensor, formula: Formula, average: Average) -> torch.Tensor:
    """Return the share, () or (classes); 0 where there is nothing to share.

    Args:
        sums: hits, predicted and actual, (3, classes).
        formula: the share of each class.
        average: of the classes.
    """
    counts = sums.sum(1, keepdim=True) if average == "micro" else sums
    hits, predicted, actual = counts.unbind()
    above, below = formula(hits, predicted, actual)
    shares = above / below.clamp(min=1)
    if average == "none":
        return shares
    if average == "binary":
        return shares[1]
    weights = actual if average == "weighted" else predicted + actual > 0
    return (shares * weights).sum() / weights.sum().clamp(min=1)


def infer_share(
    params: ClassShareParams, bottoms: Sequence[Blob], setting: Setting
) -> tuple[Blob, ...]:
    """Return the blob of the average, or of each class."""
    classes = class_count(bottoms[0], params.axis)
    return (Blob((classes,) if params.average == "none" else ()),)


def _of_choices(chosen: Chosen) -> torch.Tensor:
    """Return hits, predicted and actual, (3, classes)."""
    values, actual, counted = chosen
    classes, predicted = values.shape[1], values.argmax(1)
    right = predicted == actual
    hits = tally(actual, right if counted is None else right & counted, classes)
    return torch.stack([hits, tally(predicted, counted, classes), tally(actual, counted, classes)])


def _of_answers(answered: Answered) -> torch.Tensor:
    _, said, actual, counted = answered
    said, actual = said & counted, actual & counted
    return torch.stack([(said & actual).sum(0), said.sum(0), actual.sum(0)])
