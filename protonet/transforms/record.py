"""What a transform is: a function over a whole batch, built from its keys and the samples' shape.

Geometry (crop, mirror) and colours run on the host, on the images as they are stored, before they
travel. Arithmetic (mean, scale) and what mixes samples runs on the device in float32. A Python loop
over samples is only there where each calls one C function that does all the work of an image.

Random choices are a function of (seed, position, transform) only, where a sample's position counts
the samples of the run from its start (of the set, in a test): the same for any split into batches,
any number of workers, and after any resume. A transform is known by what it chooses and by how many
before it choose the same, whatever else stands in its list: an image and its label image, each with
transforms of its own, are cropped and mirrored alike.

Of a label image, whose numbers mean classes, geometry takes the nearest pixel, and what changes
colours passes it by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from protonet.errors import ShapeError
from protonet.records import ChannelOrder, Record
from protonet.windows.plain import WindowFunction
from protonet.windows.scaled import ScaledWindows

Array = npt.NDArray[Any]
Positions = npt.NDArray[np.int64]
Shape = tuple[int, ...]

HostFunction = Callable[[Array, Positions], Array]
"""`host(images, positions)`: (N, C, H, W) as stored, and (N,).

Gives a new array or a view; changes nothing."""

DeviceFunction = Callable[[torch.Tensor, Positions], torch.Tensor]
"""`device(images, positions)`: float32 on any device, and (N,) on the host.

May work in place: the batch is its own."""

LabelFunction = Callable[[torch.Tensor, Positions], torch.Tensor]
"""`labels(shares, positions)`: float, (N, classes) or another target of each sample, (N, …)."""


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
        shared_seed: the same for every transform of the list.
        folder: where relative paths begin, the folder of the spec.
        dtype: NumPy's name of the element type of the samples as they are stored.
        arithmetic: the transform before this one that made them float32, on the device; empty where
            they arrive as they are stored.
        label_image: whether they are label images.
    """

    shape: Shape
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    channels: ChannelOrder | None = None
    training: bool = False
    seed: int = 0
    shared_seed: int = 0
    folder: Path = Path()
    dtype: str = "uint8"
    arithmetic: str = ""
    label_image: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """One transform, ready to run.

    Attributes:
        shape: of one sample afterwards.
        device: the transform on a batch that has become float32; None where it works on stored
            values only.
        host: the same on a batch as stored; None for arithmetic, which needs float32.
        description: the step of a list that does in evaluation what this does, numbers filled in;
            None where evaluation leaves it out.
        labels: what becomes of the samples' class labels, which are shares of the classes from then
            on; None leaves them as they are.
        known: what is known afterwards, where more than the shape is another.
        windows: the windows that it takes, where that is all that `host` does: then images can be
            cut while they are read.
        scaled: the windows that it takes of images of any size and scales to one, where that is all
            that `host` does: then images can be scaled while they are decoded.
    """

    shape: Shape
    device: DeviceFunction | None = None
    host: HostFunction | None = None
    description: Mapping[str, Any] | None
    labels: LabelFunction | None = None
    known: Context | None = None
    windows: WindowFunction | None = None
    scaled: ScaledWindows | None = None

    def after(self, context: Context) -> Context:
        """Return what is known afterwards, of what is known before."""
        return replace(self.known or context, shape=self.shape)


@dataclass(frozen=True, slots=True)
class TransformType:
    """One transform type of the catalogue.

    Attributes:
        name: as written in YAML.
        params: the model of its keys; each key's docstring is its documentation.
        build: from the keys and the context to the transform. It raises ShapeError with why; the
            pipeline adds which step.
        chooses: what it chooses by chance, in one word; empty where that is nothing.
        channels: the order of channels that it leaves; None where it leaves them as they are.
        makes_shares: whether the samples' class labels become shares of the classes.
        moves: whether it changes where pixels are, so that a label image beside has to follow.
    """

    name: str
    params: type[Record]
    build: Callable[[Any, Context], Transform]
    chooses: str = ""
    channels: ChannelOrder | None = None
    makes_shares: bool = False
    moves: bool = False


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


class StepError(ShapeError):
    """Why one transform of a list cannot be built.

    Args:
        place: of the transform below the list, its number; of Caffe's map, the key.
        why: what is wrong, without a full stop.
        hint: what would be right.
    """

    def __init__(self, place: int | str, why: str, hint: str = "") -> None:
        self.place = place
        super().__init__(why, hint)


def unchanged(context: Context) -> Transform:
    """Return a transform that does nothing: what a label image gets where colours change."""
    return Transform(
        shape=context.shape,
        device=lambda images, positions: images,
        host=lambda images, positions: images,
        description=None,
    )


def check_stored(context: Context) -> None:
    """Refuse samples that are no longer as they are stored.

    Raises: ShapeError.
    """
    if context.arithmetic:
        raise ShapeError(
            f"it works on the values as they are stored, and {context.arithmetic} before it makes "
            "them float32",
            f"put it before {context.arithmetic}",
        )


def check_bytes(context: Context) -> None:
    """Refuse samples that are no bytes as they are stored.

    Raises: ShapeError.
    """
    check_stored(context)
    if context.dtype != "uint8":
        raise ShapeError(
            f"it works on bytes, 0 to 255, and the samples are stored as {context.dtype}",
            "leave it out, or convert the images again",
        )


def chance(name: str, params: Record, context: Context) -> Mapping[str, Any] | None:
    """Return the description of a transform that chooses: evaluation of a training leaves it out,
    an evaluation that has it repeats it."""
    return None if context.training else described(name, params)


def described(name: str, params: Record) -> Mapping[str, Any]:
    """Return a step as plain data; keys at their default go."""
    return {"type": name, **params.model_dump(mode="json", exclude_defaults=True)}


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
