"""MeanIoU: how far predicted and true areas of a class are the same."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.layers.class_share import ClassShareParams, build_share, infer_share
from protonet.layers.record import TWO, Blob, LayerType, Setting


class MeanIoUParams(ClassShareParams):
    """How the IoU of the classes is averaged, and which answers and labels count."""


def build(params: MeanIoUParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Measure intersection over union of each class: hits / (predicted + actual - hits).

    Bottoms: scores, (N, classes, …) for axis 1; labels, one class index per position of the other
        axes, the best score being the answer; or a 0 or 1 per score, shaped as the scores, each
        score from `threshold` on being a yes; (N) and (N, 1) are of one class.
    Top: the IoU, (); with `average: none` that of each class, (classes);
        0 where nothing counts.
    Raises: ShapeError if the axis does not exist, labels and scores do not match, a threshold is
        given beside class indices, or the classes are not two for `average: binary`.
    Source: Long et al. 2015; torchmetrics, JaccardIndex: the sums are of the whole set, not of each
        image.
    """
    return build_share(params, bottoms, _share)


def _share(
    hits: torch.Tensor, predicted: torch.Tensor, actual: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    return hits, predicted + actual - hits


MEAN_IOU = LayerType(
    name="MeanIoU",
    params=MeanIoUParams,
    build=build,
    bottoms=TWO,
    kind="metric",
    targets=(1,),
    infer=infer_share,
)
