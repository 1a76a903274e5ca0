"""The shape of a data layer's samples, where it does not stand in the prototxt but beside it: in
the mean image that is subtracted, or in the data set itself."""

from __future__ import annotations

from protonet.caffe.context import Context, find
from protonet.caffe.text_format import Message
from protonet.caffe.values import message, one
from protonet.data import open_dataset
from protonet.errors import DataError
from protonet.protobuf import read_blob
from protonet.protobuf.blob_file import SUFFIX

Shape = tuple[int, ...]

_DATA = "Data"
_IMAGE = 3


def found_shape(layer: Message, context: Context) -> Shape | None:
    """Return the shape of one sample of a Data layer, cropped as it says, or None.

    What cannot be read is as good as missing: whoever reads the data says why.
    """
    if one(layer, "type") != _DATA:
        return None
    transform = _inner(layer, "transform_param")
    shape = _of_mean(transform, context) or _of_data(_inner(layer, "data_param"), context)
    crop = one(transform, "crop_size")
    if shape and crop and len(shape) == _IMAGE:
        return (shape[0], crop, crop)
    return shape


def _inner(layer: Message, name: str) -> Message:
    fields = layer.named(name)
    return message(fields[0]) if fields else Message((), layer.mark)


def _of_mean(transform: Message, context: Context) -> Shape | None:
    written = one(transform, "mean_file")
    file = find(written, context.places) if written else None
    if file is None or file.suffix != SUFFIX:
        return None
    try:
        shape = read_blob(file).shape
    except DataError:
        return None
    return shape[1:] if len(shape) == _IMAGE + 1 and shape[0] == 1 else shape


def _of_data(params: Message, context: Context) -> Shape | None:
    written = one(params, "source")
    place = find(written, context.places) if written else None
    if place is None:
        return None
    try:
        dataset = open_dataset(place)
    except DataError:
        return None
    try:
        return dataset.header.fields[0].shape
    finally:
        dataset.close()
