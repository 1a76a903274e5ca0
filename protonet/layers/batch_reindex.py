"""BatchReindex: samples in another order, some of them several times or not at all."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.errors import DataError, ShapeError
from protonet.layers.record import TWO, Blob, LayerType, NoParams, Setting


class BatchReindex(nn.Module):
    """Takes the samples that a second bottom lists."""

    def forward(self, bottom: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
        """Return (K, …) for a bottom (N, …) and K indices.

        Raises: DataError if there is no such sample (on a CPU).
        """
        places = indices.long()
        try:
            return bottom.index_select(0, places)
        except IndexError:
            raise _outside(places, bottom.shape[0]) from None


def _outside(places: torch.Tensor, samples: int) -> DataError:
    wrong = int(places[(places < 0) | (places >= samples)][0])
    return DataError(f"index {wrong} is outside the {samples} samples (0 to {samples - 1})")


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Take the samples of the first bottom that the second one lists, in its order.

    Bottoms: (N, …), any type; (K), indices from 0 to N - 1 of any number type, which get no
        gradient. A sample that is listed several times gets the sum of its gradients.
    Top: (K, …).
    Raises: ShapeError if the first bottom has no axis of samples, or the second not one axis.
    Source: Caffe, batch_reindex_layer.cpp.
    """
    bottom, indices = bottoms
    if not bottom.rank:
        why = "bottom 0 is a single number, without an axis of samples"
        raise ShapeError(why, "bottom 1 lists samples of bottom 0")
    if indices.rank != 1:
        raise ShapeError(
            f"bottom 1 of shape {indices} is no list of samples", "it has one axis: (K)"
        )
    return BatchReindex()


def infer(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    bottom, indices = bottoms
    return (Blob((*indices.shape, *bottom.shape[1:]), bottom.dtype),)


BATCH_REINDEX = LayerType(
    name="BatchReindex", params=NoParams, build=build, bottoms=TWO, infer=infer
)
