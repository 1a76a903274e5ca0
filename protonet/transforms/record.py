"""What a transform is: a function over a whole batch, built from its keys and the samples' shape.

Geometry (crop, mirror) runs on the host, on the images as they are stored, before they travel.
Arithmetic (mean, scale) runs on the device in float32. Nothing loops over samples in Python.

Random choices are a function of (seed, position, transform) only, where a sample's position counts
the samples of the run from its start (of the set, in a test): the same for any split into batches,
any number of workers, and after any resume. A transform is known by what it chooses and by how many
before it choose the same, whatever else stands in its list: an image and its label image, each with
transforms of its own, are cropped and mirrored alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from protonet.errors import ShapeError
from protonet.records import ChannelOrder, Record

Array = npt.NDArray[Any]
Positions = npt.NDArray[np.int64]
Shape = tuple[int, ...]

HostFunction = Callable[[Array, Positions], Array]
"""`host(images, positions)`: (N, C, H, W) as stored, and (N,).

Gives a new array or a view; changes nothing."""

DeviceFunction = Callable[[torch.Tensor, Positions], torch.Tensor]
"""`device(images, positions)`: float32 on any device, and (N,) on the host.

May work in place: the batch is its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known when a transform is built.

    Attributes:
        shape: of one sample as it arrives, (C, H, W) for images.
        mean: mean of each channel from the training set's header, in the order in which the
            channels arrive; None where there is none.
        std: standard deviation, like `mean`.
        channels: order of the channels as they arrive.
        training: whether this is the training phase.
        seed: of the random choices.
        folder: where relative paths begin, the folder of the spec.
    """

    shape: Shape
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    channels: ChannelOrder | None = None
    training: bool = False
    seed: int = 0
    folder: Path = Path()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """One transform, ready to run.

    Attributes:
        shape: of one sample afterwards.
        device: the transform on a batch that has become float32.
        host: the same on a batch as stored; None for arithmetic, which needs float32.
        description: the step of a list that does in evaluation what this does, numbers filled in;
            None where evaluation leaves it out.
    """

    shape: Shape
    device: DeviceFunction
    host: HostFunction | None = None
    description: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class TransformType:
    """One transform type of the catalogue.

    Attributes:
        name: as written in YAML.
        params: the model of its keys; each key's docstring is its documentation.
        build: from the keys and the context to the transform. It raises ShapeError with why; the
            pipeline adds which step.
        chooses: what it chooses by chance, in one word; empty where that is nothing.
    """

    name: str
    params: type[Record]
    build: Callable[[Any, Context], Transform]
    chooses: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a list of transforms: a type and its keys.

    Attributes:
        kind: the type.
        params: its keys.
        key: the key of Caffe's map that asked for it, which an error names; empty in a list.
    """

    kind: TransformType
    params: Record
    key: str = ""


def images_of(context: Context) -> tuple[int, int, int]:
    """Return (C, H, W).

    Raises: ShapeError if the samples are no images.
    """
    if len(context.shape) != 3:
        raise ShapeError(
            f"it takes images (C, H, W), and the samples have the shape {shown(context.shape)}"
        )
    channels, height, width = context.shape
    return channels, height, width


def shown(shape: Shape) -> str:
    """Return a shape as people write it.

    >>> shown((3, 28, 28)), shown((3,))
    ('(3, 28, 28)', '(3)')
    """
    return f"({', '.join(map(str, shape))})"
