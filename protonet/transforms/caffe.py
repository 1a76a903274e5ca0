"""Caffe's `transform_param` as a map: a few keys, carried out in one fixed order.

Crop, mirror, subtract the mean, scale, whatever their order in the file. In training the crop is
anywhere, otherwise in the centre.
`mirror` turns every other image by chance in *every* phase, as in Caffe: leave it out of a test
set's map. A mean image is subtracted at the crop's own position; here that is done before the crop,
on the whole image, which gives the same bits.
Source: Caffe, data_transformer.cpp, DataTransformer::Transform.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from protonet.errors import ShapeError
from protonet.records import Flag, Number, Record, Size, Text, custom_error
from protonet.transforms.arithmetic import MEAN, SCALE, MeanParams, ScaleParams
from protonet.transforms.crop import CROP, CropParams
from protonet.transforms.mirror import MIRROR, MirrorParams
from protonet.transforms.record import Context, Step, shown
from protonet.transforms.values import (
    LARGEST,
    Deviations,
    Numbers,
    PerChannel,
    PerChannelOrDataset,
    check_count,
    filled_in,
    inverted,
)

_MEANS = ("mean_file", "mean_value", "mean")


class CaffeTransform(Record):
    """(crop − mean) · scale, mirrored by chance."""

    scale: Annotated[Number, Field(ge=-LARGEST, le=LARGEST)] = 1.0
    """What values are multiplied with, after the mean is subtracted.

    0.00390625 maps 0 … 255 to just below 1."""
    mirror: Flag = False
    """Turn every other image left to right, by chance, in every phase."""
    crop_size: Size = 0
    """Side of the square window that is cut out, in pixels; 0 leaves the image whole."""
    mean_file: Text | None = None
    """A mean image, .npy, .npz or .binaryproto, of shape (C, H, W); relative to the spec."""
    mean_value: PerChannel | None = None
    """The mean: one number, or one for each channel, in the units of the stored values."""
    mean: PerChannelOrDataset | None = None
    """Like mean_value; or `dataset`, the mean in the training set's header."""
    std: Deviations | None = None
    """What values are divided by, in the units of the stored values: one number, one for each
    channel, or `dataset`. Not Caffe's."""
    force_color: Flag = False
    """Read image files and Caffe's databases with three channels; insist on them in other data."""
    force_gray: Flag = False
    """Read image files and Caffe's databases with one channel, luma; insist on it in other data."""

    @model_validator(mode="after")
    def _no_contradiction(self) -> CaffeTransform:
        means = [name for name in _MEANS if getattr(self, name) is not None]
        if len(means) > 1:
            raise custom_error(
                "PN015", f"{' and '.join(means)} exclude each other", "give one mean"
            )
        if self.force_color and self.force_gray:
            raise custom_error("PN015", "force_color and force_gray exclude each other", "give one")
        return self


def steps_of(params: CaffeTransform, context: Context) -> tuple[Step, ...]:
    """Return the list of transforms that does what the map says.

    Raises: ShapeError if the samples have not the channels insisted on, or have other channels than
        there are numbers; DataError if the training set's header lacks a mean or a standard
        deviation that was asked for, or if nothing can be divided by the deviation.
    """
    _check_channels(params, context)
    return (*_geometry(params), *_arithmetic(params, context))


def _geometry(params: CaffeTransform) -> Iterator[Step]:
    if params.mean_file is not None:
        yield Step(MEAN, MeanParams(file=params.mean_file), "mean_file")
    if params.crop_size:
        size = (params.crop_size, params.crop_size)
        yield Step(CROP, CropParams(size=size), "crop_size")
    if params.mirror:
        yield Step(MIRROR, MirrorParams(), "mirror")


def _arithmetic(params: CaffeTransform, context: Context) -> Iterator[Step]:
    key = "mean" if params.mean_value is None else "mean_value"
    written = params.mean if params.mean_value is None else params.mean_value
    if written is not None:
        mean = filled_in(written, context.mean, "mean")
        check_count(mean, context.shape, key)
        yield Step(MEAN, MeanParams(value=mean), key)
    factor: Numbers = (params.scale,)
    if params.std is not None:
        std = filled_in(params.std, context.std, "std")
        check_count(std, context.shape, "std")
        factor = inverted(std, params.scale)
    if factor != (1.0,):
        yield Step(SCALE, ScaleParams(factor=factor), "scale")


def _check_channels(params: CaffeTransform, context: Context) -> None:
    insisted = (
        ("force_color", params.force_color, 3, "without --gray"),
        ("force_gray", params.force_gray, 1, "with --gray, or let {type: ToGray} begin a list"),
    )
    for key, given, channels, how in insisted:
        if given and context.shape[:1] != (channels,):
            raise ShapeError(
                f"{key} insists on {channels} channel{'s' if channels > 1 else ''}, and the "
                f"samples are stored as {shown(context.shape)}",
                f"convert the images again, {how}",
            )
