"""Class labels beside scores: how their axes meet, and what a label outside the classes gets.

Scores hold one number per class along one axis; labels hold one class index per position of the
others, in Caffe's order: with further axes of length 1 if need be, or with some axes flattened.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch.nn import functional

from protonet.errors import DataError, ShapeError
from protonet.layers.checks import axis_index, check_scores
from protonet.layers.record import Blob

Arrange = Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
"""(scores, labels) as given → scores (M, classes, …), labels (M, …) int64."""

NO_LABEL = torch.iinfo(torch.int64).min
"""Stands for "no label is ignored": torch's own default, -100, would let a label -100 pass."""


def arrangement(scores: Blob, labels: Blob, axis: int) -> Arrange:
    """Return what brings scores with classes along `axis`, and their labels, into torch's order.

    Raises: ShapeError if the axis does not exist, the scores are no floating-point numbers, or the
        labels are not one per position.
    """
    axis = axis_index(axis, scores)
    check_scores(scores)
    _check_labels(scores, labels, axis)
    exact = labels.shape == (*scores.shape[:1], *scores.shape[2:])
    return _as_they_are if axis == 1 and exact else partial(_classes_second, axis=axis)


def sample_arrangement(scores: Blob, labels: Blob) -> Arrange:
    """Return the same for one label per sample: every further axis of the scores is a class's.

    Raises: ShapeError as `arrangement` does.
    """
    flat = Blob((*scores.shape[:1], math.prod(scores.shape[1:])), scores.dtype)
    return arrangement(flat if scores.rank else scores, labels, 1)


def soft_arrangement(scores: Blob, labels: Blob, axis: int) -> Arrange:
    """Return the same for labels that are a share of every class, shaped as the scores.

    Its labels are (M, classes, …) of the scores' type, and get no gradient.

    Raises: ShapeError if the axis does not exist or the scores are no floating-point numbers.
    """
    axis = axis_index(axis, scores)
    check_scores(scores)
    return partial(_shares_second, axis=axis)


def are_shares(scores: Blob, labels: Blob, axis: int) -> bool:
    """Return whether labels are a share of every class rather than one class index a position.

    Where there is one class only, a label of the scores' shape is its index.
    """
    return labels.shape == scores.shape and scores.shape[axis_index(axis, scores)] > 1


def at_labels(
    values: torch.Tensor, labels: torch.Tensor, ignored: int, reduction: str
) -> torch.Tensor:
    """Return minus the value at each label, 0 at an ignored one; `reduction` is torch's nll_loss's.

    Args:
        values: (M, classes, …), floating point.
        labels: (M, …), int64.
        ignored: the label that counts nothing, or `NO_LABEL`.
        reduction: "none" → (M, …); "sum", "mean" → ().

    Raises: IndexError if a label is outside the classes and not ignored (on a CPU; a GPU aborts).
    """
    # Its gradient fails for images with their channels last.
    values = values.contiguous()
    return functional.nll_loss(values, labels, ignore_index=ignored, reduction=reduction)


def outside(labels: torch.Tensor, classes: int, ignored: int) -> DataError:
    """Return the error that names the first label outside the classes; there must be one.

    Args:
        labels: (N, …) as they came, of any type.
        classes: how many there are.
        ignored: the label that counts nothing, or `NO_LABEL`.
    """
    flat = labels.long().flatten()
    wrong = ((flat < 0) | (flat >= classes)) & (flat != ignored)
    position = int(wrong.nonzero()[0])
    sample = position // (flat.numel() // labels.shape[0]) if labels.dim() else 0
    return DataError(
        f"label {int(flat[position])} is outside the {classes} classes (0 to {classes - 1}),"
        f" first at sample {sample} of the batch"
    )


def _check_labels(scores: Blob, labels: Blob, axis: int) -> None:
    outer, inner = math.prod(scores.shape[:axis]), math.prod(scores.shape[axis + 1 :])
    fitting = Blob(scores.shape[:axis] + scores.shape[axis + 1 :])
    hint = f"with the classes along axis {axis}, labels of shape {fitting} fit"
    count = math.prod(labels.shape)
    if count != outer * inner:
        raise ShapeError(
            f"labels of shape {labels} are {count}, but scores of shape {scores} need"
            f" {outer} * {inner} = {outer * inner}",
            hint,
        )
    if axis > 0 and labels.shape[:1] != scores.shape[:1]:
        raise ShapeError(
            f"labels of shape {labels} and scores of shape {scores} differ in their first axis",
            hint,
        )
    ours, theirs = (_without_ones(blob.shape) for blob in (labels, fitting))
    if len(ours) == len(theirs) and ours != theirs:
        raise ShapeError(
            f"labels of shape {labels} do not match the positions of scores of shape {scores}",
            hint,
        )


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(length for length in shape if length != 1)


def _as_they_are(scores: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return scores, labels.long()


def _classes_second(
    scores: torch.Tensor, labels: torch.Tensor, axis: int
) -> tuple[torch.Tensor, torch.Tensor]:
    values = _second(scores, axis)
    return values, labels.long().reshape(values.shape[:1] + values.shape[2:])


def _shares_second(
    scores: torch.Tensor, labels: torch.Tensor, axis: int
) -> tuple[torch.Tensor, torch.Tensor]:
    return _second(scores, axis), _second(labels.detach().to(scores.dtype), axis)


def _second(scores: torch.Tensor, axis: int) -> torch.Tensor:
    return scores.flatten(0, axis - 1) if axis else scores.unsqueeze(0)  # (M, classes, …)
