"""Numbers that NumPy and torch both have in hand: one memory on a CPU, two copies beside a GPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Array = npt.NDArray[Any]


class Memory:
    """The numbers of a blob.

    On a CPU the array is the tensor's memory. Beside a GPU it is a copy: whoever has taken it may
    have written into it, so that it is carried over whenever the tensor is asked for, until the
    device itself writes.

    Args:
        tensor: where the numbers lie; its memory is used, not copied.
        apart: whether the array is a copy; left out: unless the tensor lies on a CPU.
    """

    def __init__(self, tensor: Tensor, *, apart: bool | None = None) -> None:
        self._tensor = tensor.detach()
        self._apart = tensor.device.type != "cpu" if apart is None else apart
        self._copy: Array | None = None
        self._is_taken = False

    @classmethod
    def of_shape(cls, shape: tuple[int, ...], device: torch.device) -> Memory:
        """Return zeros, float32."""
        return cls(torch.zeros(shape, dtype=torch.float32, device=device))

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape."""
        return tuple(self._tensor.shape)

    @property
    def array(self) -> Array:
        """Return the numbers to read and to write."""
        if not self._apart:
            return self._tensor.numpy()
        if self._copy is None:
            self._copy = np.empty(self.shape, np.float32)
        if not self._is_taken:
            torch.from_numpy(self._copy).copy_(self._tensor)
            self._is_taken = True
        return self._copy

    @property
    def tensor(self) -> Tensor:
        """Return the numbers on the device, with what was written into the array."""
        if self._is_taken and self._copy is not None:
            self._tensor.data.copy_(torch.from_numpy(self._copy))
        return self._tensor.detach()

    def write(self, values: Tensor | float) -> None:
        """Put values in place of the numbers; what autograd has kept of them is not told."""
        # .data has a version of its own: Caffe's backward pass, too, uses what now stands here
        target = self._tensor.data
        if isinstance(values, Tensor):
            target.copy_(values.detach())
        else:
            target.fill_(values)
        self._is_taken = False

    def changed(self) -> None:
        """Say that the device has written into the tensor itself."""
        self._is_taken = False

    def reshaped(self, shape: tuple[int, ...]) -> Memory:
        """Return memory of another shape: the same numbers where they are as many, else zeros."""
        if torch.Size(shape).numel() == self._tensor.numel():
            return Memory(self.tensor.reshape(shape), apart=self._apart)
        return Memory(self._tensor.new_zeros(shape), apart=self._apart)
