"""Mean, scale and standard deviation: arithmetic on the device, in float32."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from pydantic import model_validator

from protonet.records import Record, Text, custom_error
from protonet.transforms.mean_image import MeanImage, read_mean, sized_for
from protonet.transforms.record import Context, Positions, Transform, TransformType
from protonet.transforms.values import (
    Constant,
    Deviations,
    PerChannel,
    PerChannelOrDataset,
    filled_in,
    inverted,
    per_channel,
)


@dataclass(frozen=True, slots=True, eq=False)
class Arithmetic:
    """(x − subtract) · multiply, in place, rounded after each of the two as in Caffe.

    Attributes:
        subtract, multiply: None leaves the operation out.
    """

    subtract: Constant | None
    multiply: Constant | None

    def __call__(self, images: torch.Tensor, positions: Positions) -> torch.Tensor:
        """Apply it to float32 of shape (N, C, …)."""
        if self.subtract is not None:
            images.sub_(self.subtract.on(images.device))
        if self.multiply is not None:
            images.mul_(self.multiply.on(images.device))
        return images

    def undone(self, images: torch.Tensor) -> torch.Tensor | None:
        """Return what images, (N, C, …), were before; None where that cannot be told: pixels had
        numbers of their own, and may have moved since, or were multiplied by 0."""
        constants = [one.values for one in (self.subtract, self.multiply) if one is not None]
        moved = any(values.size > max(1, len(values)) for values in constants)
        if moved or (self.multiply is not None and not self.multiply.values.all()):
            return None
        if self.multiply is not None:
            images = images / self.multiply.on(images.device)
        if self.subtract is not None:
            images = images + self.subtract.on(images.device)
        return images


class ScaleParams(Record):
    """Multiply every value."""

    factor: PerChannel
    """What values are multiplied with: one number, or one for each channel.

    0.00390625 maps 0 … 255 to just below 1."""


class MeanParams(Record):
    """Subtract a mean: numbers, or a whole image. Exactly one key."""

    value: PerChannelOrDataset | None = None
    """The mean, in units of the stored values: one number, one for each channel, or `dataset`."""
    file: Text | None = None
    """A mean image, .npy, .npz or .binaryproto, of shape (C, H, W); relative to the spec."""
    image: MeanImage | None = None
    """A mean image written out, as it is stored with weights."""

    @model_validator(mode="after")
    def _exactly_one(self) -> MeanParams:
        given = [name for name in ("value", "file", "image") if getattr(self, name) is not None]
        if len(given) != 1:
            why = f"{' and '.join(given)} exclude each other" if given else "a mean is needed"
            raise custom_error("PN015", why, "give value or file")
        return self


class NormalizeParams(Record):
    """Subtract the mean of each channel and divide by its standard deviation."""

    mean: PerChannelOrDataset
    """The mean, in units of the stored values: one number, one for each channel, or `dataset`."""
    std: Deviations
    """The standard deviation, like the mean; above 0."""


def _build_scale(params: ScaleParams, context: Context) -> Transform:
    """Multiply each sample.

    Takes and gives: (N, C, …), float32.
    Raises: ShapeError if the factors are neither 1 nor C.
    """
    factor = Constant(per_channel(params.factor, context.shape, "factor"))
    description = {"type": "Scale", "factor": list(params.factor)}
    return Transform(shape=context.shape, device=Arithmetic(None, factor), description=description)


def _build_mean(params: MeanParams, context: Context) -> Transform:
    """Subtract a mean from each sample.

    Takes and gives: (N, C, …), float32.
    Raises: ShapeError if the mean does not fit; DataError if its file cannot be read, or if the
        training set's header holds none.
    """
    if params.value is None:
        return _subtract_array(params, context)
    values = filled_in(params.value, context.mean, "mean")
    mean = Constant(per_channel(values, context.shape, "mean"))
    description = {"type": "Mean", "value": list(values)}
    return Transform(shape=context.shape, device=Arithmetic(mean, None), description=description)


def _subtract_array(params: MeanParams, context: Context) -> Transform:
    if params.image is not None:
        mean = sized_for(params.image.array(), context.shape, "image")
    else:
        path = context.folder / str(params.file)
        mean = sized_for(read_mean(path), context.shape, str(path))
    return Transform(
        shape=context.shape,
        device=Arithmetic(Constant(mean), None),
        description={"type": "Mean", "image": MeanImage.of(mean).model_dump(mode="json")},
    )


def _build_normalize(params: NormalizeParams, context: Context) -> Transform:
    """Subtract the mean, divide by the standard deviation.

    Takes and gives: (N, C, …), float32.
    Raises: ShapeError if the numbers are neither 1 nor C; DataError if a standard deviation is not
        above 0, or the training set's header holds none.
    """
    means = filled_in(params.mean, context.mean, "mean")
    stds = filled_in(params.std, context.std, "std")
    mean = Constant(per_channel(means, context.shape, "mean"))
    factor = Constant(per_channel(inverted(stds), context.shape, "std"))
    description: dict[str, Any] = {"type": "Normalize", "mean": list(means), "std": list(stds)}
    return Transform(shape=context.shape, device=Arithmetic(mean, factor), description=description)


SCALE = TransformType("Scale", ScaleParams, _build_scale)
MEAN = TransformType("Mean", MeanParams, _build_mean)
NORMALIZE = TransformType("Normalize", NormalizeParams, _build_normalize)
