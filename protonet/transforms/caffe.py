"""Caffe's `transform_param` as a map: a few keys, and one fixed order whatever their order in the
file.

Crop, mirror, subtract the mean, scale. In training the crop is anywhere, otherwise in the centre.
`mirror` turns every other image by chance in *every* phase, as in Caffe: leave it out of a test
set's map. A mean image is subtracted at the crop's own position; here that is done before the crop,
on the whole image, which gives the same bits.
Source: Caffe, data_transformer.cpp, DataTransformer::Transform.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import model_validator

from protonet.errors import ShapeError
from protonet.records import Flag, Number, Record, Size, Text, custom_error
from protonet.transforms.arithmetic import MEAN, SCALE, MeanParams, ScaleParams, inverted
from protonet.transforms.crop import CROP, CropParams
from protonet.transforms.mirror import MIRROR, MirrorParams
from protonet.transforms.record import Context, Step, shown
from protonet.transforms.values import PerChannel, PerChannelOrDataset, filled_in

_MEANS = ("mean_file", "mean_value", "mean")


class CaffeTransform(Record):
    """(crop − mean) · scale, mirrored by chance."""

    scale: Number = 1.0
    """What values are multiplied with, after the mean is subtracted. 0.00390625 maps 0 … 255 to 0 …
    1."""
    mirror: Flag = False
    """Turn every other image left to right, by chance, in every phase."""
    crop_size: Size = 0
    """Side of the square window that is cut out, in pixels; 0 leaves the image whole."""
    mean_file: Text | None = None
    """A mean image, .npy or .npz, of shape (C, H, W); relative to the spec."""
    mean_value: PerChannel = None
    """The mean: one number, or one for each channel, in the units of the stored values."""
    mean: PerChannelOrDataset = None
    """Like mean_value; or `dataset`, the mean in the training set's header."""
    std: PerChannelOrDataset = None
    """What the scaled values are divided by: one number, one for each channel, or `dataset`. Not
    Caffe's."""
    force_color: Flag = False
    """Insist on three channels."""
    force_gray: Flag = False
    """Insist on one channel."""

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

    Raises: ShapeError if the images have not the channels insisted on; DataError if the header of
        the training set holds no mean or standard deviation, and one was asked for.
    """
    _check_channels(params, context)
    return (*_geometry(params), *_arithmetic(params, context))


def _geometry(params: CaffeTransform) -> Iterator[Step]:
    if params.mean_file is not None:
        yield Step(MEAN, MeanParams(file=params.mean_file))
    if params.crop_size:
        yield Step(CROP, CropParams(size=(params.crop_size, params.crop_size)))
    if params.mirror:
        yield Step(MIRROR, MirrorParams())


def _arithmetic(params: CaffeTransform, context: Context) -> Iterator[Step]:
    mean = params.mean_value or params.mean
    if mean is not None:
        yield Step(MEAN, MeanParams(value=mean))
    std = filled_in(params.std, context.std, "std")
    factor = (
        (params.scale,) if std is None else tuple(params.scale * each for each in inverted(std))
    )
    if factor != (1.0,):
        yield Step(SCALE, ScaleParams(factor=factor))


def _check_channels(params: CaffeTransform, context: Context) -> None:
    asked = "force_color" if params.force_color else "force_gray"
    needed = 3 * params.force_color + params.force_gray
    if needed and context.shape[:1] != (needed,):
        raise ShapeError(
            f"{asked} insists on {needed} channel{'s' * params.force_color}, and the samples "
            f"are stored as {shown(context.shape)}",
            "convert the images again, with --gray"
            if params.force_gray
            else "convert the images again, without --gray",
        )
