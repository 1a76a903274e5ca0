"""F1Score: the harmonic mean of precision and recall."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.layers.class_share import ClassShareParams, build_share, infer_share
from protonet.layers.record import TWO, Blob, LayerType, Setting


class F1ScoreParams(ClassShareParams):
    """How the F1 of the classes is averaged, and which answers and labels count."""


def build(params: F1ScoreParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Measure F1, the harmonic mean of precision and recall: 2 hits / (predicted + actual).

    Bottoms: scores, (N, classes, …) for axis 1; labels, one class index per position of the other
        axes, the best score being the answer; or a 0 or 1 per score, shaped as the scores, each
        score from `threshold` on being a yes; (N) and (N, 1) are of one class.
    Top: the F1, (); with `average: none` that of each class, (classes);
        0 where nothing counts.
    Raises: ShapeError if the axis does not exist, labels and scores do not match, a threshold is
        given beside class indices, or the classes are not two for `average: binary`.
    Source: torchmetrics, F1Score; macro leaves classes out that neither occur nor are predicted.
    """
    return build_share(params, bottoms, _share)


def _share(
    hits: torch.Tensor, predicted: torch.Tensor, actual: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    return 2 * hits, predicted + actual


F1_SCORE = LayerType(
    name="F1Score",
    params=F1ScoreParams,
    build=build,
    bottoms=TWO,
    kind="metric",
    targets=(1,),
    infer=infer_share,
)
