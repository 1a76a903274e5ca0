"""Batches as a net takes them: tensors in the order of its inputs, transformed, on its device."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

import torch
from torch import Tensor

from protonet.data.reader import Batch, Reader
from protonet.data.travel import Travel
from protonet.net import Net
from protonet.net.form import Form
from protonet.net.label_range import LabelRange, label_ranges

Prepare = Callable[[Tensor, Batch], Tensor]
"""`prepare(images, batch)`: what is done to stored images on the device."""


@dataclass(frozen=True, slots=True)
class Target:
    """How a net wants its batches.

    Attributes:
        dtypes: the element type of each input, in the order of the net's arguments.
        device: where they go.
        channels_last: the memory format that images should have.
        labels: for inputs that are class labels, what each layer that compares them takes.
    """

    dtypes: Mapping[str, torch.dtype]
    device: torch.device
    channels_last: bool
    labels: Mapping[str, tuple[LabelRange, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, net: Net) -> Self:
        """Return what a net wants."""
        dtypes = {name: getattr(torch, spec.dtype) for name, spec in net.input_specs.items()}
        layout = net.memory_format is torch.channels_last
        return cls(dtypes, net.device, layout, label_ranges(net))

    def travel(self, blobs: Iterable[str]) -> Travel | None:
        """Return how these inputs come to a CUDA device ahead of time; labels are checked on the
        host before."""
        if self.device.type != "cuda":
            return None
        return Travel(self.device, [blob for blob in blobs if blob not in self.labels])

    @classmethod
    def on_host(cls, net: Form) -> Self:
        """Return what a net without weights would want on the host."""
        dtypes = {name: getattr(torch, spec.dtype) for name, spec in net.input_specs.items()}
        return cls(dtypes, torch.device("cpu"), channels_last=False, labels=label_ranges(net))


class Feed(Iterator[tuple[Tensor, ...]]):
    """An iterator over a reader's batches, as arguments of a net's graph.

    Args:
        reader: where batches come from.
        target: how the net wants them.
        transforms: for each input that has images, the device's part of their pipeline.
    """

    def __init__(self, reader: Reader, target: Target, transforms: Mapping[str, Prepare]) -> None:
        self.reader = reader
        self._target, self._transforms = target, transforms

    def __next__(self) -> tuple[Tensor, ...]:
        """Return the next batch.

        Raises: StopIteration after the last; DataError if the data are damaged, or a label is
            outside the classes of a layer that reads it.
        """
        return self.prepared(next(self.reader))

    def prepared(self, batch: Batch) -> tuple[Tensor, ...]:
        """Return a batch of the reader's as the net takes it.

        Raises: DataError if a label is outside the classes of a layer that reads it.
        """
        if batch.arrival:
            batch.arrival.wait(batch.arrays.values())
        return tuple(
            self._tensor(name, dtype, batch) for name, dtype in self._target.dtypes.items()
        )

    def _tensor(self, name: str, dtype: torch.dtype, batch: Batch) -> Tensor:
        for labels in self._target.labels.get(name, ()):  # here, where no GPU has to be waited for
            labels.check(batch.arrays[name])
        stored = batch.arrays[name].to(self._target.device, non_blocking=True)
        transform = self._transforms.get(name)
        value = transform(stored, batch) if transform else stored
        return value if value.dtype == dtype else value.to(dtype)
