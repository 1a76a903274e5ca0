"""Gradients summed over all processes, in one go."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from protonet.distributed.group import Group


class Reduction:
    """Adds up the gradients of one update, and a few numbers with them.

    All of one element type lie in one piece of memory and travel at once, for what passing a
    message costs hardly depends on its length. That memory is made at the first call and kept.

    Args:
        group: the processes.
        statistics: what the net keeps of the batches it has seen; each becomes the average over the
            processes, weighed by their samples.
        share: the part of every batch, 0 to 1, that this process gets.
    """

    def __init__(self, group: Group, statistics: Sequence[Tensor], share: float) -> None:
        self._group, self._share = group, share
        self._statistics = [tensor.detach() for tensor in statistics]
        self._flats: list[Tensor] = []
        self._views: list[Tensor] = []

    @torch.no_grad()
    def sums(
        self, gradients: Sequence[Tensor], numbers: Sequence[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return the sums over all processes; those of gradients may be overwritten.

        Args:
            gradients: `owned` ones, in the same order everywhere.
            numbers: 0-d tensors, as many each time.

        Raises: ProcessError if another process has ended.
        """
        wide = torch.float64 if any(one.dtype == torch.float64 for one in gradients) else None
        extras = [number.to(wide or torch.float32) for number in numbers]
        shares = [tensor * self._share for tensor in self._statistics]
        own = [*gradients, *extras, *shares]
        if not self._views:
            self._make(own)
        torch._foreach_copy_(self._views, own)
        for flat in self._flats:
            self._group.add_(flat)
        first, last = len(gradients), len(own) - len(shares)
        if shares:
            torch._foreach_copy_(self._statistics, self._views[last:])
        return self._views[:first], [view.clone() for view in self._views[first:last]]

    def _make(self, tensors: Sequence[Tensor]) -> None:
        """Make the memory: for each tensor a view that lies in it as the tensor itself does."""
        views: dict[int, Tensor] = {}
        for dtype in dict.fromkeys(tensor.dtype for tensor in tensors):
            places = [place for place, one in enumerate(tensors) if one.dtype == dtype]
            sizes = [tensors[place].numel() for place in places]
            flat = tensors[places[0]].new_empty(sum(sizes))
            for place, part in zip(places, flat.split(sizes), strict=True):
                dense = torch.empty_like(tensors[place], device="meta")
                views[place] = part.as_strided(dense.shape, dense.stride())
            self._flats.append(flat)
        self._views = [views[place] for place in range(len(tensors))]
