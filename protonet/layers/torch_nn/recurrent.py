"""Recurrent modules of torch: the state as further bottoms and tops."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from protonet.errors import ShapeError
from protonet.layers.record import Blob

MOST_LAYERS = 16
"""Layers on top of each other whose parameters have names."""
_WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")

Tops = torch.Tensor | tuple[torch.Tensor, ...]


class Recurrent:
    """Stands before a recurrent module of torch: its state is further bottoms and tops."""

    tops: int

    def forward(self, *bottoms: torch.Tensor) -> Tops:
        """Return the outputs, and on request the last state; of a cell, the state alone."""
        state = bottoms[1:] if len(bottoms) > 2 else bottoms[1] if len(bottoms) > 1 else None
        given = super().forward(bottoms[0], state)  # type: ignore[misc]  # torch's
        tops = tuple(_all_of(given))[: self.tops]
        return tops[0] if self.tops == 1 else tops


def _all_of(given: Tops) -> list[torch.Tensor]:
    """Return every tensor in what a recurrent module gives: (output, (h, c)) and the like."""
    if isinstance(given, torch.Tensor):
        return [given]
    return [tensor for part in given for tensor in _all_of(part)]


def names(*, projects: bool) -> tuple[str, ...]:
    """Return the names of the parameters of a module of up to `MOST_LAYERS` layers."""
    weights = _WEIGHTS if projects else _WEIGHTS[:-1]
    return tuple(
        f"{weight}_l{layer}{direction}"
        for layer in range(MOST_LAYERS)
        for direction in ("", "_reverse")
        for weight in weights
    )


def check_state(name: str, bottoms: Sequence[Blob]) -> None:
    """Refuse half the state of an LSTM.

    Raises: ShapeError.
    """
    if name.startswith("LSTM") and len(bottoms) == 2:
        raise ShapeError(
            f"nn.{name} starts from outputs and cells, and the latter are missing",
            "bottom: [input, outputs, cells]",
        )


def check_layers(count: int) -> None:
    """Refuse more layers than have names.

    Raises: ShapeError.
    """
    if count > MOST_LAYERS:
        why = f"num_layers is {count}, and at most {MOST_LAYERS} are possible"
        raise ShapeError(why, "put several layers on top of each other")
