"""Transforms in a row: what runs on the host, what on the device, and how evaluation repeats it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

import torch

from protonet.errors import ShapeError
from protonet.randomness import key
from protonet.records import ChannelOrder
from protonet.transforms.caffe import CaffeTransform, steps_of
from protonet.transforms.record import (
    Array,
    Context,
    LabelFunction,
    Positions,
    Shape,
    Step,
    StepError,
    Transform,
)
from protonet.windows.plain import InARow, WindowFunction

_AXES = 3
"""Of one image: (C, H, W)."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Transforms that run one after the other.

    What stands before all arithmetic runs on the host, on values as stored; from the first
    arithmetic on everything runs on the device.

    Attributes:
        shape: of one sample afterwards.
        on_host: the transforms before the batch travels.
        on_device: those after.
        channels: order of the channels afterwards; None where it is not known.
        stored: shape of one sample before.
        windows: what the first transforms take of the images, where they only cut and turn them.
    """

    shape: Shape
    on_host: tuple[Transform, ...]
    on_device: tuple[Transform, ...]
    channels: ChannelOrder | None = None
    stored: Shape = ()
    windows: WindowFunction | None = None

    @property
    def on_labels(self) -> tuple[LabelFunction, ...]:
        """What is done to the samples' labels once they are shares of the classes; empty where they
        stay as they are."""
        every = (*self.on_host, *self.on_device)
        return tuple(each.labels for each in every if each.labels is not None)

    @property
    def works_on_host(self) -> bool:
        """Whether `host` does anything; where it does not, a batch need not pass through it."""
        return bool(self.on_host)

    def cutting(self, *, channels_reversed: bool) -> Pipeline | None:
        """Return the pipeline whose first transforms are its `windows`, to be taken as the images
        are read, and no longer part of `on_host`; None where the first do more than that.

        Args:
            channels_reversed: the images' channels are put into the opposite order before.
        """
        first = list(takewhile(lambda each: each.windows is not None, self.on_host))
        if not first and not (channels_reversed and len(self.stored) == _AXES):
            return None
        functions = tuple(each.windows for each in first if each.windows is not None)
        windows = InARow(self.stored, functions, channels_reversed)
        return replace(self, on_host=self.on_host[len(first) :], windows=windows)

    def host(self, images: Array, positions: Positions) -> Array:
        """Run the host's part.

        Args:
            images: (N, C, H, W), any dtype; not changed. Returned as it is where there is nothing
                to do.
            positions: where each sample stands in the run (in the set, in a test). Shape (N,).
        """
        for transform in self.on_host:
            if transform.host is not None:
                images = transform.host(images, positions)
        return images

    def device(
        self, images: torch.Tensor, positions: Positions, *, channels_last: bool = False
    ) -> torch.Tensor:
        """Run the device's part.

        Args:
            images: what `host` gave, on any device, any dtype; not changed.
            positions: as for `host`.
            channels_last: give the memory layout that convolutions on the CPU prefer.

        Returns: float32 of shape (N, *shape), on the same device. With nothing to do, and float32
            given, it may be the very tensor.
        """
        layout = (
            torch.channels_last if channels_last and images.dim() == 4 else torch.contiguous_format
        )
        if images.dtype == torch.uint8:
            images = _laid_out(images, layout)  # a quarter of the bytes to move
        images = images.to(torch.float32, copy=bool(self.on_device))
        for transform in self.on_device:
            if transform.device is not None:
                images = transform.device(images, positions)
        return _laid_out(images, layout)

    def describe(self) -> list[dict[str, Any]]:
        """Return the list, as plain data, that does in evaluation what this pipeline does.

        Every number is filled in, so that it can be built again (`read_transform`,
        `build_pipeline`) without the data set, the spec or a mean file. A pipeline of the training
        phase describes its evaluation: crops in the centre, no mirror.
        """
        every = (*self.on_host, *self.on_device)
        return [dict(each.description) for each in every if each.description is not None]


def _laid_out(images: torch.Tensor, layout: torch.memory_format) -> torch.Tensor:
    """Return the images in a memory layout, strides of a single channel included.

    `contiguous` leaves those as they are, since the elements lie the same either way; but torch
    chooses the kernels of a convolution by them, and the others take half as long again.
    """
    return images.contiguous(memory_format=layout).to(memory_format=layout)


def build_pipeline(transform: CaffeTransform | Sequence[Step], context: Context) -> Pipeline:
    """Build the transforms of a data set.

    Args:
        transform: what `read_transform` gave.
        context: what is known of the samples before the first transform.

    Raises: StepError if a transform cannot work on the samples; DataError if a mean cannot be had.
    """
    steps = steps_of(transform, context) if isinstance(transform, CaffeTransform) else transform
    built: list[Transform] = []
    before: Counter[str] = Counter()
    known = replace(context, shared_seed=context.seed)
    for number, step in enumerate(steps):
        choice = step.kind.chooses
        seed = key(context.seed, choice, before[choice])
        before[choice] += 1
        made = _build(step, replace(known, seed=seed), number)
        built.append(made)
        known = made.after(known)
        if made.host is None and not known.arithmetic:
            known = replace(known, arithmetic=step.kind.name)
    hosted = next((n for n, each in enumerate(built) if each.host is None), len(built))
    return Pipeline(
        known.shape,
        tuple(built[:hosted]),
        tuple(built[hosted:]),
        known.channels,
        stored=context.shape,
    )


def _build(step: Step, context: Context, number: int) -> Transform:
    try:
        return step.kind.build(step.params, context)
    except ShapeError as error:
        place = step.key or f"transform {number + 1} ({step.kind.name})"
        raise StepError(step.key or number, f"{place}: {error.why}", error.hint) from error
