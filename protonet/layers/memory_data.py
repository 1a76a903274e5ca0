"""MemoryData: batches of arrays that whoever runs the net hands over."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import torch

from protonet.errors import UsageError
from protonet.layers.from_nothing import FromNothing
from protonet.layers.record import Arity, Blob, DTypeName, LayerType, Setting
from protonet.records import Count, Record

Numbers = torch.Tensor | npt.ArrayLike

_STATE = "its batches come from Python's memory, one after the other"


class MemoryDataParams(Record):
    """The shape of a batch."""

    batch_size: Count
    """Samples in a batch."""
    channels: Count
    """Channels of a sample."""
    height: Count
    """Height of a sample, in pixels."""
    width: Count
    """Width of a sample, in pixels."""
    label_dtype: DTypeName = "int64"
    """Element type of the labels; float32 for numbers that are no class indices."""


class MemoryData(FromNothing):
    """Goes through the arrays it was given batch by batch, and begins again after the last.

    Args:
        blobs: the data's and, where a second top is asked for, the labels'.
        name: of the layer, for messages.
    """

    def __init__(self, blobs: Sequence[Blob], name: str) -> None:
        super().__init__()
        self.blobs, self.name = tuple(blobs), name
        self._arrays: tuple[torch.Tensor, ...] = ()
        self._position = 0

    def reset(self, data: Numbers, labels: Numbers | None = None) -> None:
        """Take other arrays, whose first batch is the next; what they hold is not copied.

        Args:
            data: (n, channels, height, width), n a multiple of batch_size.
            labels: n numbers; needed where the layer has a second top.

        Raises: UsageError if they are no numbers, have another shape, or n is no multiple of
            batch_size.
        """
        given = [data] if labels is None else [data, labels]
        if len(given) < len(self.blobs):
            raise self._refused("its second top needs labels", "reset(data, labels)")
        arrays = [self._tensor(one) for one in given]
        data_blob, size = self.blobs[0], self.blobs[0].shape[0]
        count = len(arrays[0]) if arrays[0].dim() else 0
        if tuple(arrays[0].shape[1:]) != data_blob.shape[1:]:
            shape = Blob(tuple(arrays[0].shape))
            hint = f"give (n, {', '.join(map(str, data_blob.shape[1:]))})"
            raise self._refused(f"data of shape {shape} do not fit", hint)
        if count < 1 or count % size:
            why = f"{count} samples are no multiple of its batch_size, {size}"
            raise self._refused(why, "Caffe asks the same: leave some out, or choose a divisor")
        if any(one.numel() != count for one in arrays[1:]):
            why = f"{arrays[1].numel()} labels are given for {count} samples"
            raise self._refused(why, "give one for each")
        self._arrays = (arrays[0], *(one.reshape(count) for one in arrays[1:]))
        self._position = 0

    def forward(self) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Return the next batch.

        Raises: UsageError if no arrays were given.
        """
        if not self._arrays:
            hint = f'net.layer("{self.name}").reset(data, labels)'
            raise self._refused("no arrays were given", hint)
        start, end = self._position, self._position + self.blobs[0].shape[0]
        self._position = end % len(self._arrays[0])
        tops = tuple(
            array[start:end].to(self.device, blob.dtype)
            for array, blob in zip(self._arrays, self.blobs, strict=False)
        )
        return tops if len(tops) != 1 else tops[0]

    def _tensor(self, numbers: Numbers) -> torch.Tensor:
        try:
            whole = numbers if isinstance(numbers, torch.Tensor) else np.ascontiguousarray(numbers)
            return torch.as_tensor(whole).detach()
        except (TypeError, ValueError) as error:
            raise self._refused(str(error), "give arrays of numbers") from error

    def _refused(self, why: str, hint: str) -> UsageError:
        return UsageError(f"layer {self.name}: {why}; {hint}")


def build(params: MemoryDataParams, bottoms: Sequence[Blob], setting: Setting) -> MemoryData:
    """Give the batches of arrays that are set from Python, in every phase.

    Tops: the data, (batch_size, channels, height, width) float32; on request the labels,
        (batch_size).
    Source: Caffe, memory_data_layer.cpp: `reset` is its Reset, and pycaffe's set_input_arrays.
    """
    return MemoryData(infer(params, bottoms, setting), setting.name)


def infer(params: MemoryDataParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the shape that the keys give."""
    shape = (params.batch_size, params.channels, params.height, params.width)
    labels = Blob(shape[:1], getattr(torch, params.label_dtype))
    return (Blob(shape), labels)[: setting.tops]


MEMORY_DATA = LayerType(
    name="MemoryData",
    params=MemoryDataParams,
    build=build,
    bottoms=Arity(0, 0),
    tops=Arity(1, 2),
    infer=infer,
    exclusions=MappingProxyType(
        {
            "run": "it gives nothing before arrays are set from Python",
            "gradient": "data have none",
            "compile": _STATE,
            "export": _STATE,
        }
    ),
)
