"""What the metrics of predicted numbers have in common: the distance of each from its target."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from protonet.layers.checks import check_targets
from protonet.layers.distances import goals
from protonet.layers.record import Blob, Setting
from protonet.layers.wide import wide

Pair = tuple[torch.Tensor, torch.Tensor]


def check_numbers(bottoms: Sequence[Blob]) -> None:
    """Refuse bottoms that are not predicted numbers and one target for each.

    Raises: ShapeError.
    """
    check_targets(*bottoms)


def compared(predictions: torch.Tensor, targets: torch.Tensor) -> Pair:
    """Return predictions and targets, both shaped as the predictions, in float32 at least; no
    gradient."""
    values = wide(predictions.detach())
    return values, goals(targets.detach(), values)


def infer_number(params: object, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return one number, in float32 at least."""
    return (Blob((), torch.promote_types(bottoms[0].dtype, torch.float32)),)
