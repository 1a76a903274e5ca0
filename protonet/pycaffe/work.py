"""What a layer does on its blobs: forward into its tops, backward into its bottoms and
parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from protonet.errors import ProtonetError, UsageError
from protonet.pycaffe.blob import Blob

Blobs = Sequence[Blob]


class Work(Protocol):
    """What one layer does."""

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        """Compute the tops."""

    def backward(self, tops: Blobs, propagate: Sequence[bool], bottoms: Blobs) -> None:
        """Compute the gradients of those bottoms that are to have one, and add to the parameters'.

        Args:
            tops: their gradients are given.
            propagate: which bottoms get a gradient.
            bottoms: get it.
        """


class NoWork:
    """Of a layer whose tops are written by whoever runs the net."""

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        """Leave the tops as they are."""

    def backward(self, tops: Blobs, propagate: Sequence[bool], bottoms: Blobs) -> None:
        """Do nothing."""


class SplitWork:
    """Of the copies that several readers of a blob get; their numbers are one memory."""

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        """Hand the numbers on."""
        for top in tops:
            top.reshape(*bottoms[0].shape)
            top.share(bottoms[0].memory)

    def backward(self, tops: Blobs, propagate: Sequence[bool], bottoms: Blobs) -> None:
        """Add up the gradients."""
        if propagate[0]:
            total = torch.stack([top.diff_memory.tensor for top in tops]).sum(0)
            bottoms[0].diff_memory.write(total)


class ModuleWork:
    """Of a torch module, differentiated by autograd from one layer to the next.

    Args:
        module: computes the tops.
        dtypes: element type of each bottom.
        propagate: which bottoms may get a gradient.
        held: every parameter and statistic: the module's own tensor, and the store's where that is
            another; both are one memory.
        blobs: they are seen as.
    """

    def __init__(
        self,
        module: nn.Module,
        dtypes: Sequence[torch.dtype],
        propagate: Sequence[bool],
        held: Sequence[tuple[Tensor, Tensor]],
        blobs: Blobs,
    ) -> None:
        self.module, self.dtypes, self.propagate = module, tuple(dtypes), tuple(propagate)
        self.held, self.blobs = tuple(held), tuple(blobs)
        pairs = zip(self.held, self.blobs, strict=True)
        self._learning = [(own, blob) for (own, _), blob in pairs if own.requires_grad]
        self._inputs: list[Tensor] = []
        self._outputs: list[Tensor] = []

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        """Compute the tops; keep what the way back needs."""
        for blob in self.blobs:
            blob.memory.tensor  # noqa: B018  # carries over what was written beside a GPU
        in_place = {id(top) for top in tops}
        self._inputs = [
            self._taken(place, bottom, copied=id(bottom) in in_place)
            for place, bottom in enumerate(bottoms)
        ]
        with torch.enable_grad():
            given = self.module(*self._inputs)
        self._outputs = list(given) if isinstance(given, tuple) else [given]
        for top, output in zip(tops, self._outputs, strict=False):
            top.reshape(*output.shape)
            top.memory.write(output)
        for blob in self.blobs:
            blob.memory.changed()

    def backward(self, tops: Blobs, propagate: Sequence[bool], bottoms: Blobs) -> None:
        """Go one layer back.

        Raises: UsageError if there was no forward pass before.
        """
        if not self._outputs:
            raise UsageError("backward needs a forward pass through the layer first")
        seeds = [
            (output, top.diff_memory.tensor.to(output.dtype).reshape(output.shape))
            for output, top in zip(self._outputs, tops, strict=False)
            if output.requires_grad
        ]
        reached = [place for place, one in enumerate(self._inputs) if one.requires_grad]
        wanted = [self._inputs[place] for place in reached]
        learning = [tensor for tensor, _ in self._learning]
        gradients: Sequence[Tensor | None] = [None] * (len(wanted) + len(learning))
        if seeds and (wanted or learning):
            gradients = _gradients(seeds, [*wanted, *learning])
        for place, gradient in zip(reached, gradients, strict=False):
            if propagate[place]:
                bottoms[place].diff_memory.write(0.0 if gradient is None else gradient)
        for (_, blob), gradient in zip(self._learning, gradients[len(wanted) :], strict=True):
            if gradient is not None:
                blob.add_to_diff(gradient)

    def _taken(self, place: int, bottom: Blob, *, copied: bool) -> Tensor:
        dtype = self.dtypes[place]
        own = bottom.memory.tensor.to(dtype, copy=copied).detach()
        return own.requires_grad_(self.propagate[place] and dtype.is_floating_point)


def _gradients(seeds: Sequence[tuple[Tensor, Tensor]], wanted: Sequence[Tensor]) -> list[Tensor]:
    outputs, diffs = zip(*seeds, strict=True)
    try:
        found = torch.autograd.grad(outputs, wanted, diffs, retain_graph=True, allow_unused=True)
    except RuntimeError as error:
        if "modified by an inplace operation" not in str(error):
            raise
        raise UsageError(
            "the parameters were updated since the last forward pass; call forward first"
        ) from error
    return list(found)


def run(work: Work, name: str, kind: str, bottoms: Blobs, tops: Blobs) -> None:
    """Run a layer forward.

    Raises: UsageError naming the layer, for what torch refuses; ProtonetError as it comes.
    """
    try:
        work.forward(bottoms, tops)
    except ProtonetError:
        raise
    except (RuntimeError, IndexError, ValueError) as error:
        shapes = ", ".join(str(bottom.shape) for bottom in bottoms) or "nothing"
        first = str(error).splitlines()[0]
        raise UsageError(f"layer {name} ({kind}) cannot compute from {shapes}: {first}") from error
