"""Numbers from the spec as tensors: made once for each device and type, not in every step."""

from __future__ import annotations

from collections.abc import Sequence

import torch


class Constants:
    """The same numbers wherever they are needed.

    A module holds them so, and not as buffers: they are no statistics, and nothing saves them.

    Args:
        numbers: what the tensors hold.
        shape: of the tensors; left out: a vector.
    """

    def __init__(self, numbers: Sequence[float], shape: tuple[int, ...] | None = None) -> None:
        self._numbers, self._shape = tuple(numbers), shape or (len(numbers),)
        self._made: dict[tuple[torch.device, torch.dtype], torch.Tensor] = {}

    def like(self, values: torch.Tensor) -> torch.Tensor:
        """Return the numbers on the device and in the type of `values`."""
        if torch.compiler.is_compiling():
            return self._fresh(values)  # a constant of the compiled code, which keeps it by itself
        key = (values.device, values.dtype)
        if key not in self._made:
            self._made[key] = self._fresh(values)
        return self._made[key]

    def _fresh(self, values: torch.Tensor) -> torch.Tensor:
        made = torch.tensor(self._numbers, dtype=values.dtype, device=values.device)
        return made.reshape(self._shape)
