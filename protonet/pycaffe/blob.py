"""Blob: what layers hand to each other, and what they learn; numbers and their gradient.

Source: Caffe, python/caffe/_caffe.cpp and blob.hpp.
"""

from __future__ import annotations

import torch
from torch import Tensor

from protonet.errors import UsageError
from protonet.pycaffe.memory import Array, Memory

_MOST_LEGACY = 4


class Blob:
    """Numbers and their gradient, float32, both to be written to.

    Args:
        data: the numbers.
    """

    def __init__(self, data: Memory) -> None:
        self._data = data
        self._diff: Memory | None = None

    @classmethod
    def of_shape(cls, shape: tuple[int, ...], device: torch.device) -> Blob:
        """Return a blob of zeros."""
        return cls(Memory.of_shape(shape, device))

    @property
    def data(self) -> Array:
        """Return the numbers; what is written into them is what the net goes on with."""
        return self._data.array

    @data.setter
    def data(self, values: object) -> None:
        raise AttributeError(_WRITE.format("data"))

    @property
    def diff(self) -> Array:
        """Return the gradient; what is written into it is what `backward` starts from."""
        return self.diff_memory.array

    @diff.setter
    def diff(self, values: object) -> None:
        raise AttributeError(_WRITE.format("diff"))

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape."""
        return self._data.shape

    @property
    def count(self) -> int:
        """Return how many numbers there are."""
        return torch.Size(self.shape).numel()

    @property
    def num(self) -> int:
        """Return the length of the first of four axes."""
        return self._legacy(0)

    @property
    def channels(self) -> int:
        """Return the length of the second of four axes."""
        return self._legacy(1)

    @property
    def height(self) -> int:
        """Return the length of the third of four axes."""
        return self._legacy(2)

    @property
    def width(self) -> int:
        """Return the length of the fourth of four axes."""
        return self._legacy(3)

    def reshape(self, *dims: int) -> None:
        """Take another shape; the numbers stay where they are as many, else they become 0.

        Raises: UsageError if a size is no whole number from 0 on.
        """
        shape = tuple(int(size) for size in dims)
        if any(size < 0 or size != given for size, given in zip(shape, dims, strict=True)):
            raise UsageError(f"reshape{dims}: sizes are whole numbers from 0 on; -1 means nothing")
        if shape != self.shape:
            self._data = self._data.reshaped(shape)
            self._diff = self._diff and self._diff.reshaped(shape)

    @property
    def memory(self) -> Memory:
        """Return where the numbers are."""
        return self._data

    @property
    def diff_memory(self) -> Memory:
        """Return where the gradient is; it is 0 before anything is written."""
        if self._diff is None:
            self._diff = Memory.of_shape(self.shape, self._data.tensor.device)
        return self._diff

    def share(self, memory: Memory) -> None:
        """Take the numbers of another blob of the same shape as one's own."""
        self._data = memory

    def add_to_diff(self, gradient: Tensor) -> None:
        """Add to the gradient."""
        self.diff_memory.write(self.diff_memory.tensor + gradient)

    def _legacy(self, axis: int) -> int:
        if len(self.shape) > _MOST_LEGACY:
            raise UsageError(
                f"a blob of {len(self.shape)} axes has no num, channels, height and width; "
                f"its shape is {self.shape}"
            )
        return self.shape[axis] if axis < len(self.shape) else 1


_WRITE = "a blob's {0} is written into, not replaced: blob.{0}[...] = array"
