"""What is done to pictures before a net, as part of the exported net."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from protonet.errors import ShapeError, UsageError
from protonet.snapshot import Evaluation
from protonet.transforms import TRANSFORMS, Context, Pipeline, build_pipeline, read_transform
from protonet.transforms.channels import reorder
from protonet.transforms.record import Shape


class Prepared(nn.Module):
    """A net that takes pictures as the data set's, (N, C, H, W) uint8, RGB or gray.

    Args:
        net: takes samples.
        pipeline: makes samples of images.
        reversed_channels: whether the net was fed the channels the other way round.
    """

    def __init__(self, net: nn.Module, pipeline: Pipeline, *, reversed_channels: bool) -> None:
        super().__init__()
        self.net = net
        self._steps = [*pipeline.on_host, *pipeline.on_device]
        self._reversed = reversed_channels

    def forward(self, images: Tensor) -> Any:
        """Return what the net gives."""
        samples = images.to(torch.float32)
        samples = samples.flip(1) if self._reversed else samples
        for step in self._steps:
            if step.device is not None:
                samples = step.device(samples, np.zeros(1, np.int64))
        return self.net(samples)


def with_preparation(net: nn.Module, evaluation: Evaluation) -> tuple[Prepared, Shape]:
    """Return a net that prepares its images itself, and the shape of one, (C, H, W).

    Raises: UsageError if what is done to images cannot be part of it, or they had several sizes.
    """
    stored = evaluation.stored
    if stored is None or stored.shape is None:
        raise UsageError(
            "--preprocess: the net's transform takes pictures of any size, and an exported net "
            "takes one"
        )
    context = Context(shape=stored.shape, channels=evaluation.channels, dtype=stored.dtype)
    try:
        _check(evaluation.transform)
        pipeline = build_pipeline(read_transform(list(evaluation.transform)), context)
        order = reorder("gray" if stored.shape[0] == 1 else "RGB", evaluation.channels)
    except ShapeError as error:
        raise UsageError(f"--preprocess: {error.why}") from error
    for step in (*pipeline.on_host, *pipeline.on_device):
        if step.device is None:
            name = (step.description or {}).get("type", "a transform")
            raise UsageError(f"--preprocess: {name} works on stored bytes, outside of a net only")
    return Prepared(net, pipeline, reversed_channels=order is not None), stored.shape


def _check(transform: tuple[Mapping[str, Any], ...]) -> None:
    for step in transform:
        if TRANSFORMS[step["type"]].chooses:
            raise ShapeError(f"{step['type']} chooses by chance, and an exported net does not")
