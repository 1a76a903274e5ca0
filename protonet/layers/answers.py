"""What a net answers beside what is true: a class for each position, or a yes or no per score."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

import torch

from protonet.errors import ShapeError
from protonet.layers.checks import axis_index, check_scores
from protonet.layers.labels import NO_LABEL, Arrange, arrangement, outside
from protonet.layers.record import Blob
from protonet.records import Integer, Number, Record


class AnswerParams(Record):
    """Where the classes are, what counts as a yes, and which labels count at all."""

    axis: Integer = 1
    """Axis of the scores that holds one number per class; a negative one counts from the end."""
    threshold: Number | None = None
    """Score from which a yes is said, for labels that are a yes or no per score. Left out: 0, the
    score whose sigmoid is 1/2; write 0.5 where the scores went through a Sigmoid."""
    ignore_label: Integer | None = None
    """Label that counts nothing. Left out: every label counts."""


class Chosen(NamedTuple):
    """A class for each of K positions.

    Attributes:
        scores: (K, classes).
        actual: the true class, (K) int64; 0 where it does not count.
        counted: whether it counts, (K) bool; None: every position does.
    """

    scores: torch.Tensor
    actual: torch.Tensor
    counted: torch.Tensor | None


class Answered(NamedTuple):
    """A yes or no for each score of K positions.

    Attributes:
        scores: (K, classes).
        said: whether yes is said, (K, classes) bool.
        actual: whether yes is true, (K, classes) bool.
        counted: whether it counts, (K, classes) bool.
    """

    scores: torch.Tensor
    said: torch.Tensor
    actual: torch.Tensor
    counted: torch.Tensor


Choose = Callable[[torch.Tensor, torch.Tensor], Chosen]
Answer = Callable[[torch.Tensor, torch.Tensor], Answered]
Made = TypeVar("Made")


def is_per_score(scores: Blob, labels: Blob) -> bool:
    """Return whether labels are a yes or no for each score, and not a class for each position."""
    same_samples = scores.rank > 0 and scores.shape[:1] == labels.shape[:1]
    return same_samples and math.prod(scores.shape) == math.prod(labels.shape)


def class_count(scores: Blob, axis: int) -> int:
    """Return how many classes scores have; scores without a class axis, (N), are of one.

    Raises: ShapeError if the axis does not exist.
    """
    blob = _with_classes(scores)
    return blob.shape[axis_index(axis, blob)]


def reader(
    bottoms: Sequence[Blob],
    params: AnswerParams,
    of_choices: Callable[[Chosen], Made],
    of_answers: Callable[[Answered], Made],
) -> Callable[[torch.Tensor, torch.Tensor], Made]:
    """Return what reads a batch by what its labels are, and gives what is made of it.

    It raises DataError if a label is outside the classes (on a CPU).

    Args:
        bottoms: scores and labels.
        params: how they are read.
        of_choices: makes it where labels are a class for each position; raises IndexError for one
            that does not exist.
        of_answers: makes it where they are a yes or no for each score.

    Raises: ShapeError as `chooser` and `answerer`.
    """
    scores, labels = bottoms
    if is_per_score(scores, labels):
        return partial(_made_of_answers, answer=answerer(scores, params), make=of_answers)
    choose = chooser(scores, labels, params)
    return partial(_made_of_choices, choose=choose, make=of_choices, ignored=params.ignore_label)


def chooser(scores: Blob, labels: Blob, params: AnswerParams) -> Choose:
    """Return what reads labels that are a class for each position.

    Raises: ShapeError if the axis does not exist, labels and scores do not match, or a threshold
        is given, which decides nothing here.
    """
    arrange = arrangement(scores, labels, params.axis)
    if params.threshold is not None:
        raise ShapeError(
            f"threshold {params.threshold:g} decides nothing: labels of shape {labels} name the"
            f" class of each position, and the best of the scores of shape {scores} is the answer",
            "leave threshold out, or give labels that are a yes or no per score",
        )
    return partial(_chosen, arrange=arrange, ignored=params.ignore_label)


def answerer(scores: Blob, params: AnswerParams) -> Answer:
    """Return what reads labels that are a yes or no for each score: above 1/2 is a yes.

    Raises: ShapeError if the axis does not exist or the scores are no floating-point numbers.
    """
    check_scores(scores)
    blob = _with_classes(scores)
    axis = axis_index(params.axis, blob)
    threshold = params.threshold or 0.0
    return partial(_answered, axis=axis, threshold=threshold, ignored=params.ignore_label)


def tally(classes: torch.Tensor, counts: torch.Tensor | None, number: int) -> torch.Tensor:
    """Return how many positions count, by class: (number) int64.

    Args:
        classes: of each position, (K) int64.
        counts: whether it counts, (K) bool; None: every one does.
        number: of classes.

    Raises: IndexError if a class does not exist (on a CPU; a GPU aborts).
    """
    if counts is None:
        return classes.new_zeros(number).index_add_(0, classes, torch.ones_like(classes))
    return classes.new_zeros(number).index_add_(0, classes, counts.long())


def _with_classes(scores: Blob) -> Blob:
    return Blob((*scores.shape, 1), scores.dtype) if scores.rank == 1 else scores


def _made_of_choices(
    scores: torch.Tensor,
    labels: torch.Tensor,
    choose: Choose,
    make: Callable[[Chosen], Made],
    ignored: int | None,
) -> Made:
    chosen = choose(scores, labels)
    try:
        return make(chosen)
    except IndexError:
        no_label = NO_LABEL if ignored is None else ignored
        raise outside(labels, chosen.scores.shape[1], no_label) from None


def _made_of_answers(
    scores: torch.Tensor, labels: torch.Tensor, answer: Answer, make: Callable[[Answered], Made]
) -> Made:
    return make(answer(scores, labels))


def _chosen(
    scores: torch.Tensor, labels: torch.Tensor, arrange: Arrange, ignored: int | None
) -> Chosen:
    values, indices = arrange(scores.detach(), labels)
    indices = indices.flatten()
    rows = values if values.dim() == 2 else values.movedim(1, -1).flatten(0, -2)  # (K, classes)
    if ignored is None:
        return Chosen(rows, indices, None)
    counted = indices != ignored
    return Chosen(rows, indices.masked_fill(~counted, 0), counted)


def _answered(
    scores: torch.Tensor, labels: torch.Tensor, axis: int, threshold: float, ignored: int | None
) -> Answered:
    values = scores.detach()
    values = values.unsqueeze(1) if values.dim() == 1 else values
    truth = labels.detach().reshape(values.shape)
    values, truth = (part.movedim(axis, -1).flatten(0, -2) for part in (values, truth))
    counted = torch.ones_like(truth, dtype=torch.bool) if ignored is None else truth != ignored
    return Answered(values, values >= threshold, truth > 0.5, counted)  # all (K, classes)
