"""DetectionOutput: what a detector found, from the offsets and scores of its prior boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import MappingProxyType
from typing import Annotated, Literal, Self

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.boxes import Array, Coding, decoded, suppressed
from protonet.layers.checks import check_floating
from protonet.layers.record import Arity, Blob, LayerType, Setting
from protonet.records import Count, Flag, Fraction, Integer, Number, Record, custom_error

Most = Annotated[int, Field(strict=True, ge=-1, le=2**31 - 1)]
"""A largest number; -1 stands for no limit, as in SSD's fork."""

_ROW = 7
"""A row of the top: sample, label, score, left, top, right, bottom."""


class NonMaximumSuppression(Record):
    """How boxes that overlap a better one of their class are left out."""

    nms_threshold: Fraction = 0.3
    """Overlap, as a share of what two boxes cover together, above which the worse one goes."""
    top_k: Most = -1
    """How many boxes of a class, the best ones, are looked at for each sample; -1: all."""
    eta: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 1.0
    """What the threshold is multiplied by for each box that is kept, as long as it is above 0.5."""


class DetectionOutputParams(Record):
    """What the classes are, how boxes are coded, and which of them are given."""

    num_classes: Count
    """Number of classes, the background included."""
    share_location: Flag = True
    """Whether a prior box has one offset for all classes; false: one for each."""
    background_label_id: Integer = 0
    """The class that is nothing, of which no boxes are given; -1: there is none."""
    nms_param: NonMaximumSuppression = NonMaximumSuppression()
    """How boxes that overlap a better one of their class are left out."""
    code_type: Literal["CORNER", "CENTER_SIZE", "CORNER_SIZE"] = "CORNER"
    """What the four offsets of a box are: those of its corners (CORNER), the same as shares of the
    prior box's sides (CORNER_SIZE), or those of its centre, as shares of the prior box's sides, and
    the logarithms of its sides' growth (CENTER_SIZE)."""
    variance_encoded_in_target: Flag = False
    """Whether the offsets were trained with the variances in them; false: they are multiplied by
    the prior boxes' variances."""
    keep_top_k: Most = -1
    """How many boxes of a sample, the best ones of all classes, are given; -1: all."""
    confidence_threshold: Number | None = None
    """Score above which a box counts. Left out: every box counts."""

    @model_validator(mode="after")
    def _has_a_class_to_find(self) -> Self:
        if not -1 <= self.background_label_id < self.num_classes:
            why = f"background_label_id {self.background_label_id} is none of the"
            hint = f"0 to {self.num_classes - 1}, or -1 for none"
            raise custom_error("PN013", f"{why} {self.num_classes} classes", hint)
        if not self.classes():
            raise custom_error("PN013", "the background is the only class", "num_classes: 21")
        return self

    def classes(self) -> list[int]:
        """Return the classes that boxes are given of."""
        return [label for label in range(self.num_classes) if label != self.background_label_id]

    def locations(self) -> int:
        """Return how many offsets a prior box has."""
        return 1 if self.share_location else self.num_classes


class DetectionOutput(nn.Module):
    """Decodes, sorts and thins out boxes.

    Args:
        params: the keys.
    """

    def __init__(self, params: DetectionOutputParams) -> None:
        super().__init__()
        self.params = params
        self.coding = Coding(params.code_type, params.variance_encoded_in_target)

    @torch.no_grad()
    def forward(
        self, offsets: torch.Tensor, scores: torch.Tensor, priors: torch.Tensor
    ) -> torch.Tensor:
        """Return (1, 1, found, 7); which boxes go is decided on the CPU, wherever they lie."""
        params, samples = self.params, offsets.shape[0]
        boxes = decoded(
            offsets.reshape(samples, -1, params.locations(), 4),  # (N, priors, locations, 4)
            priors.reshape(2, -1, 4),
            self.coding,
        )
        values = scores.reshape(samples, -1, params.num_classes).transpose(1, 2)
        pairs = zip(_array(boxes.transpose(1, 2)), _array(values), strict=True)
        rows = [self._rows(sample, *pair) for sample, pair in enumerate(pairs)]
        found = np.concatenate([*rows, np.empty((0, _ROW))])
        if not len(found):  # one row of -1 for each sample, which it alone names
            found = np.full((samples, _ROW), -1.0)
            found[:, 0] = np.arange(samples)
        return offsets.new_tensor(found).reshape(1, 1, -1, _ROW)

    def _rows(self, sample: int, boxes: Array, scores: Array) -> Array:
        """Return what was found in one sample, (found, 7), class by class, the best first.

        Args:
            sample: its number.
            boxes: (locations, priors, 4).
            scores: (classes, priors).
        """
        params = self.params
        least = -math.inf if params.confidence_threshold is None else params.confidence_threshold
        nms, rows = params.nms_param, [np.empty((0, _ROW))]
        for label in params.classes():
            own = boxes[0 if params.share_location else label]
            kept = suppressed(
                own, scores[label], (least, nms.nms_threshold), top_k=nms.top_k, eta=nms.eta
            )
            head = np.full((len(kept), 2), (sample, label))
            rows.append(np.column_stack([head, scores[label][kept], own[kept]]))
        found = np.concatenate(rows)
        if 0 <= params.keep_top_k < len(found):
            best = np.argsort(-found[:, 2], kind="stable")[: params.keep_top_k]
            found = found[best[np.argsort(found[best, 1], kind="stable")]]
        return found


def _array(tensor: torch.Tensor) -> Array:
    """Return a tensor's numbers, as wide as they are but at least 32 bits."""
    wide = tensor if tensor.dtype == torch.float64 else tensor.float()
    array: Array = wide.cpu().numpy()
    return array


def build(params: DetectionOutputParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Turn prior boxes, their offsets and scores into a list of what is where.

    Bottoms: offsets, (N, priors·locations·4), with one location, or one per class; scores,
        (N, priors·classes), for instance of a Softmax; prior boxes and their variances,
        (1, 2, priors·4), of a PriorBox. None gets a gradient.
    Top: (1, 1, found, 7): sample, label, score, left, top, right and bottom as shares of the
        image's sides, sample by sample, class by class, the best first; where nothing was found in
        the whole batch, a row of -1 for each sample. The shape foretold is the largest possible.
    Raises: ShapeError if the numbers of priors do not agree.
    Source: SSD's fork of Caffe, detection_output_layer.cpp and bbox_util.cpp. Its save_output_param
        is left to whoever reads the top, its visualize to other tools.
    """
    check_floating(bottoms)
    infer(params, bottoms, setting)
    return DetectionOutput(params)


def infer(
    params: DetectionOutputParams, bottoms: Sequence[Blob], setting: Setting
) -> tuple[Blob, ...]:
    """Return the top's shape where as much is found as can be."""
    offsets, scores, priors = bottoms
    count = _priors(priors)
    for position, blob, noun, each in (
        (0, offsets, "offsets", params.locations() * 4),
        (1, scores, "scores", params.num_classes),
    ):
        if blob.rank < 2 or math.prod(blob.shape[1:]) != count * each:
            why = f"bottom {position} of shape {blob} holds no {noun} for {count} prior boxes"
            raise ShapeError(why, f"{count} * {each} = {count * each} a sample are needed")
    if offsets.shape[0] != scores.shape[0]:
        why = f"bottom 0 of shape {offsets} and bottom 1 of shape {scores} differ in their samples"
        raise ShapeError(why, "offsets and scores have one first axis")
    each = count if params.nms_param.top_k < 0 else min(params.nms_param.top_k, count)
    most = each * len(params.classes())
    most = most if params.keep_top_k < 0 else min(params.keep_top_k, most)
    return (Blob((1, 1, offsets.shape[0] * max(most, 1), _ROW), offsets.dtype),)


def _priors(priors: Blob) -> int:
    """Return how many prior boxes there are."""
    numbers = math.prod(priors.shape[2:])
    if priors.rank < 3 or priors.shape[:2] != (1, 2) or numbers % 4:
        raise ShapeError(
            f"bottom 2 of shape {priors} holds no prior boxes and their variances",
            "give (1, 2, priors * 4), the top of a PriorBox",
        )
    return numbers // 4


DETECTION_OUTPUT = LayerType(
    name="DetectionOutput",
    params=DetectionOutputParams,
    build=build,
    bottoms=Arity(3, 3),
    infer=infer,
    exclusions=MappingProxyType(
        {
            "gradient": "it chooses among boxes, and passes nothing back",
            "shape": "how many boxes are found is in the data",
            "compile": "it goes on with the boxes it has found, which are read",
            "export": "it goes on with the boxes it has found, which are read",
        }
    ),
)
