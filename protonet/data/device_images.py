"""Records that live on a device: gathered there, so that none travels while a net trains."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from protonet.data.aligned import Memory
from protonet.data.layout import Rows
from protonet.data.table import Records
from protonet.windows.plain import WindowFunction, Windows

_PIECE_BYTES = 1 << 25
"""Records are brought to the device in pieces of this size."""


def loaded(records: Records, name: str, device: torch.device) -> torch.Tensor:
    """Return all records of a field on a device, (count, *shape).

    Raises: DataError if a chunk is damaged; torch's own error if the device has no memory left.
    """
    spec = records.header.field(name)
    shape = (spec.shape or ()) if spec else ()
    dtype = np.dtype(spec.dtype if spec else "uint8")
    count, each = records.header.count, dtype.itemsize * math.prod(shape)
    table = torch.empty((count, *shape), dtype=_torch_dtype(dtype), device=device)
    step = max(1, _PIECE_BYTES // max(1, each))
    for first in range(0, count, step):
        rows = np.arange(first, min(first + step, count))
        piece = np.empty((len(rows), *shape), dtype)
        records.gather(rows, {name: piece})
        table[first : first + len(rows)] = torch.from_numpy(piece)
    return table


@dataclass(frozen=True, slots=True)
class DeviceImages:
    """Gives the records of one field that stand at some positions.

    Attributes:
        table: all of them, (count, *shape), on their device.
        windows: what is taken of images, or None for the whole records.
        memory: for what is given on the CPU, where kernels round by the place in memory.
    """

    table: torch.Tensor
    windows: WindowFunction | None
    memory: Memory

    @property
    def record_bytes(self) -> int:
        """Bytes of one record."""
        return self.table.element_size() * math.prod(self.table.shape[1:])

    def __call__(self, rows: Rows, positions: Rows, before: int) -> torch.Tensor:
        """Return records, or windows of them, (N, …), on the device.

        Args:
            rows: numbers of the records, (N,).
            positions: where each stands in the stream, (N,).
            before: records that precede them in their block.
        """
        index = torch.from_numpy(rows).to(self.table.device)
        if self.windows is None:
            return self._placed(self.table[index], before)
        return self._placed(cut(self.table, index, self.windows(positions)), before)

    def _placed(self, values: torch.Tensor, before: int) -> torch.Tensor:
        if values.device.type != "cpu":
            return values
        given = values.numpy()
        placed = self.memory.take(before, given.shape, given.dtype)
        placed[...] = given
        return torch.from_numpy(placed)


def cut(table: torch.Tensor, rows: torch.Tensor, windows: Windows) -> torch.Tensor:
    """Return windows of images, (N, C, height, width), in one gathering on the images' device.

    Args:
        table: images, (count, C, H, W).
        rows: numbers of the images, (N,), on the same device.
        windows: what is taken of each.
    """
    across = np.arange(windows.width)
    turned = windows.mirrored[:, None]
    columns = windows.lefts[:, None] + np.where(turned, windows.width - 1 - across, across)
    lines = windows.tops[:, None] + np.arange(windows.height)
    channels = np.arange(table.shape[1])
    if windows.channels_reversed:
        channels = channels[::-1]
    place = [torch.from_numpy(one.copy()).to(table.device) for one in (channels, lines, columns)]
    return table[  # (N, C, height, width)
        rows[:, None, None, None],
        place[0][None, :, None, None],
        place[1][:, None, :, None],
        place[2][:, None, None, :],
    ]


def _torch_dtype(dtype: np.dtype[np.generic]) -> torch.dtype:
    return torch.from_numpy(np.empty(0, dtype)).dtype
