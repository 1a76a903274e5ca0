"""AUROC: how often a sample of a class scores higher than one that is not of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import nn

from protonet.layers.answers import (
    Answered,
    AnswerParams,
    Chosen,
    class_count,
    reader,
    tally,
)
from protonet.layers.counted import Counted
from protonet.layers.record import TWO, Blob, LayerType, Setting
from protonet.layers.wide import wide
from protonet.records import Flag, Integer, Record

_UNIT, _MOST = 0.1, 100.0
"""Log-odds are told apart evenly below the first, and by their ratio up to the second."""

Average = Literal["macro", "weighted", "none"]

Read = Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor, torch.Tensor]]
"""(scores, labels) → log-odds of each class, whether it is true, whether it counts; (K, classes)
each."""


class AUROCParams(Record):
    """What the scores are, how finely they are told apart, and which labels count."""

    average: Average = "macro"
    """The mean over the classes (macro), the mean weighed by how often each is true (weighted), or
    each class by itself (none)."""
    probabilities: Flag = False
    """Whether the scores are probabilities already, given by a Softmax or a Sigmoid. Otherwise they
    are what goes into one, as into SoftmaxWithLoss."""
    bins: Annotated[int, Field(strict=True, ge=2, le=65536)] = 4096
    """Into how many intervals of log-odds the scores are sorted, 2 to 65536; two scores in one
    interval are a tie. With 4096, log-odds that differ by 0.4 % are told apart."""
    axis: Integer = 1
    """Axis of the scores that holds one number per class; a negative one counts from the end."""
    ignore_label: Integer | None = None
    """Label that counts nothing. Left out: every label counts."""


def counts_of(scores: torch.Tensor, labels: torch.Tensor, read: Read, bins: int) -> torch.Tensor:
    """Return how many of not-the-class and of the class fall where, (2, classes, bins) int64.

    Args:
        scores, labels: of a batch.
        read: brings them into order.
        bins: the number of intervals.

    Raises: DataError if a label is outside the classes (on a CPU).
    """
    odds, actual, counted = read(scores, labels)
    # A score that is not a number counts against its label, wherever it would have stood.
    odds = odds.where(~odds.isnan(), torch.where(actual, -torch.inf, torch.inf))
    classes = odds.shape[1]
    columns = torch.arange(classes, device=odds.device)  # (classes)
    places = (actual * classes + columns) * bins + interval(odds, bins)
    counts = places.new_zeros(2 * classes * bins)
    counts.index_add_(0, places.flatten(), counted.flatten().long())
    return counts.view(2, classes, bins)


def area(sums: torch.Tensor, average: Average) -> torch.Tensor:
    """Return the area, () or (classes); 0 where there is nothing to compare.

    Args:
        sums: as `counts_of` gives them.
        average: of the classes.
    """
    others, own = sums.unbind()  # (classes, bins)
    below = others.cumsum(1) - others
    # twice the pairs in which the sample of the class scores higher; a tie is worth half
    won = (own * (2 * below + others)).sum(1)  # (classes)
    pairs = own.sum(1) * others.sum(1)
    areas = won / (2 * pairs).clamp(min=1)
    if average == "none":
        return areas
    weights = pairs > 0 if average == "macro" else own.sum(1) * (pairs > 0)
    return (areas * weights).sum() / weights.sum().clamp(min=1)


def interval(odds: torch.Tensor, bins: int) -> torch.Tensor:
    """Return the interval that each of the log-odds falls into, 0 to bins - 1, int64.

    Args:
        odds: floating point, of any shape; infinite ones fall into the outermost intervals.
        bins: number of intervals.
    """
    size = (odds.abs().clamp(max=_MOST) / _UNIT).log1p() / math.log1p(_MOST / _UNIT)  # 0 to 1
    return ((odds.sign() * size + 1) * (bins / 2)).long().clamp(max=bins - 1)


def build(params: AUROCParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Measure the area under the ROC curve, each class against the rest.

    Bottoms: scores, (N, classes, …) for axis 1; labels, one class index per position of the other
        axes; or a 0 or 1 per score, shaped as the scores; (N) and (N, 1) are of one class.
    Top: the share of pairs in which the sample of the class has the higher log-odds, (); with
        `average: none` that of each class, (classes). A class that is never or always true has no
        pairs: it is 0, and left out of the mean.
    Raises: ShapeError if the axis does not exist or labels and scores do not match.
    Source: torchmetrics, AUROC, whose `thresholds` are of probabilities. Here the intervals are of
        log-odds, so that scores near 0 and 1 stay apart; the area is wrong by at most half the
        share of pairs that fall into one interval.
    """
    keys = AnswerParams(axis=params.axis, ignore_label=params.ignore_label)
    makers = (
        partial(one, probabilities=params.probabilities) for one in (_of_choices, _of_answers)
    )
    read: Read = reader(bottoms, keys, *makers)
    count = partial(counts_of, read=read, bins=params.bins)
    return Counted(count, partial(area, average=params.average))


def infer(params: AUROCParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the blob of the average, or of each class."""
    classes = class_count(bottoms[0], params.axis)
    return (Blob((classes,) if params.average == "none" else ()),)


def _of_answers(
    answered: Answered, probabilities: bool
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    values, _, actual, counted = answered
    return wide(values).logit() if probabilities else wide(values), actual, counted


def _of_choices(
    chosen: Chosen, probabilities: bool
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    values, actual, counted = chosen
    classes = values.shape[1]
    tally(actual, counted, classes)  # refuses a label outside, which would be of no class here
    odds = wide(values).logit() if probabilities else log_odds(wide(values))
    columns = torch.arange(classes, device=values.device)
    mine = actual.unsqueeze(1) == columns  # (K, classes)
    counts = torch.ones_like(actual, dtype=torch.bool) if counted is None else counted
    return odds, mine, counts.unsqueeze(1).expand_as(mine)


def log_odds(scores: torch.Tensor) -> torch.Tensor:
    """Return log(p / (1 - p)) of the softmax p over the last axis, exact also where p is almost 1.

    Args:
        scores: (…, classes), at least two of them.
    """
    best = scores.argmax(-1, keepdim=True)
    logs = torch.log_softmax(scores, -1)
    rest = scores.scatter(-1, best, -torch.inf).logsumexp(-1, keepdim=True)
    # all but the best have p of at most 1/2, so that 1 - p loses nothing
    return (logs - torch.log1p(-logs.exp())).scatter(-1, best, scores.gather(-1, best) - rest)


AUROC_METRIC = LayerType(
    name="AUROC",
    params=AUROCParams,
    build=build,
    bottoms=TWO,
    kind="metric",
    targets=(1,),
    infer=infer,
)
