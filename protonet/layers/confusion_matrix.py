"""ConfusionMatrix: which class is taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.answers import (
    Answered,
    AnswerParams,
    Chosen,
    class_count,
    is_per_score,
    reader,
    tally,
)
from protonet.layers.counted import Counted
from protonet.layers.record import TWO, Blob, LayerType, Setting

Normalize = Literal["actual", "predicted", "all"]

_SUMMED: dict[Normalize, tuple[int, ...]] = {"actual": (1,), "predicted": (0,), "all": (0, 1)}


class ConfusionMatrixParams(AnswerParams):
    """Which answers and labels count, and whether shares are given instead of counts."""

    normalize: Normalize | None = None
    """What the counts are divided by: those of the true class, so that each row sums to 1
    (actual), of the predicted one, so that each column does (predicted), or all of them (all). Left
    out: they stay counts."""


def build(params: ConfusionMatrixParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Count how often each class is taken for each.

    Bottoms: scores, (N, classes, …) for axis 1; labels, one class index per position of the other
        axes, the best score being the answer; or one score per sample or position, (N), (N, 1) or
        (N, 1, …), and as many labels of 0 or 1, a score from `threshold` on being a 1.
    Top: (classes, classes), a row for each true class and a column for each predicted one.
    Raises: ShapeError if the axis does not exist, labels and scores do not match, a threshold is
        given beside class indices, or there are several yes-or-no labels per position.
    Source: torchmetrics, ConfusionMatrix.
    """
    scores, labels = bottoms
    classes = class_count(scores, params.axis)
    if classes != 1 and is_per_score(scores, labels):
        raise ShapeError(
            f"labels of shape {labels} are a yes or no for each of {classes} classes, which exclude"
            " each other in a confusion matrix",
            "give one class index per position; F1Score, Precision and Recall take a yes or no per"
            " class",
        )
    count = reader(bottoms, params, _of_choices, _of_answers)
    return Counted(count, partial(shares, normalize=params.normalize))


def shares(sums: torch.Tensor, normalize: Normalize | None) -> torch.Tensor:
    """Return the counts or their shares, (classes, classes); 0 where there is nothing to share."""
    if normalize is None:
        return sums if sums.is_floating_point() else sums.float()
    return sums / sums.sum(_SUMMED[normalize], keepdim=True).clamp(min=1)


def infer(
    params: ConfusionMatrixParams, bottoms: Sequence[Blob], setting: Setting
) -> tuple[Blob, ...]:
    """Return the matrix's blob; one score tells two classes apart."""
    classes = 2 if is_per_score(*bottoms) else class_count(bottoms[0], params.axis)
    return (Blob((classes, classes)),)


def _of_choices(chosen: Chosen) -> torch.Tensor:
    values, actual, counted = chosen
    return _matrix(actual, values.argmax(1), counted, values.shape[1])


def _of_answers(answered: Answered) -> torch.Tensor:
    _, said, actual, counted = (part.flatten() for part in answered)
    return _matrix(actual.long(), said.long(), counted, 2)


def _matrix(
    actual: torch.Tensor, predicted: torch.Tensor, counted: torch.Tensor | None, classes: int
) -> torch.Tensor:
    cells = tally(torch.add(predicted, actual, alpha=classes), counted, classes**2)
    return cells.view(classes, classes)


CONFUSION_MATRIX = LayerType(
    name="ConfusionMatrix",
    params=ConfusionMatrixParams,
    build=build,
    bottoms=TWO,
    kind="metric",
    top_axes=("actual", "predicted"),
    targets=(1,),
    infer=infer,
)
