"""Modules whose parameters lie in modules inside them, as one module that holds them all itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.func import functional_call

from protonet.errors import ShapeError


def flat(name: str) -> str:
    """Return the name a nested parameter has outside: `out_proj.weight` → `out_proj_weight`."""
    return name.replace(".", "_")


class Nested(nn.Module):
    """Runs a module of torch with the parameters that it holds itself, under flat names.

    Args:
        inner: the module; its own parameters are never read.
        names: names of the bottoms among the arguments of its `forward`.
        fixed: further arguments of `forward`.
        tops: how many of what it gives are given.
    """

    def __init__(
        self, inner: nn.Module, names: Sequence[str], fixed: Mapping[str, Any], tops: int
    ) -> None:
        super().__init__()
        self._inner = (inner,)  # in a tuple, so that its parameters are not registered twice
        self._names, self._fixed, self._tops = tuple(names), dict(fixed), tops
        self._dotted = {}
        for name, parameter in [*inner.named_parameters(), *inner.named_buffers()]:
            self._dotted[flat(name)] = name
            if isinstance(parameter, nn.Parameter):
                self.register_parameter(flat(name), parameter)
            else:
                self.register_buffer(flat(name), parameter)

    def train(self, mode: bool = True) -> Nested:
        """Set the phase of the module inside too."""
        self._inner[0].train(mode)
        return super().train(mode)

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Return what the module gives.

        Raises: ShapeError if it does not take such bottoms.
        """
        held = {dotted: getattr(self, name) for name, dotted in self._dotted.items()}
        arguments = {**dict(zip(self._names, bottoms, strict=False)), **self._fixed}
        try:
            given = functional_call(self._inner[0], held, (), arguments)
        except AssertionError as error:
            raise ShapeError(str(error)) from error
        if isinstance(given, torch.Tensor):
            return given
        tops: tuple[torch.Tensor, ...] = tuple(given)[: self._tops]
        return tops[0] if self._tops == 1 else tops


class AdaptiveLoss(Nested):
    """`nn.AdaptiveLogSoftmaxWithLoss`: the loss first, then each sample's log probability."""

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Return the loss, (), and with a second top the log probabilities, (N)."""
        logs, loss = self._run(*bottoms)
        return loss if self._tops == 1 else (loss, logs)

    def measure(self, *bottoms: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the summed loss, (), and the number of samples, ()."""
        logs, _ = self._run(*bottoms)
        return -logs.sum(), logs.new_full((), logs.numel())

    def _run(self, bottom: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        held = {dotted: getattr(self, name) for name, dotted in self._dotted.items()}
        logs, loss = functional_call(self._inner[0], held, (bottom, labels.long()))
        return logs, loss


class LinearLoss(Nested):
    """`nn.LinearCrossEntropyLoss`: class scores and their cross entropy in one."""

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Return the loss, ()."""
        return super().forward(bottoms[0], self._labels(bottoms[1]))

    def measure(self, *bottoms: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss times what it is divided by, (), and the latter, ()."""
        loss, inner = self.forward(*bottoms), self._inner[0]
        assert isinstance(loss, torch.Tensor)
        if inner.reduction == "sum":
            return loss, loss.new_ones(())
        labels = self._labels(bottoms[1])
        given = inner.ignore_index
        counted = labels.ne(given if isinstance(given, int) else -100)
        weight = getattr(self, "weight", None)
        if weight is None:
            count = counted.sum()
        else:
            own = weight[labels.clamp(min=0, max=len(weight) - 1)]
            count = own.where(counted, 0).sum()
        return torch.where(count == 0, 0, loss * count), count

    @staticmethod
    def _labels(labels: torch.Tensor) -> torch.Tensor:
        return labels if labels.is_floating_point() else labels.long()
