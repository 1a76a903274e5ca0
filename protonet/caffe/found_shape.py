"""The shapes of a data layer's samples, where they do not stand in the prototxt but beside it: in
the mean image that is subtracted, or in the data themselves."""

from __future__ import annotations

from types import MappingProxyType

from protonet.caffe.context import Context, find
from protonet.caffe.text_format import Message
from protonet.caffe.values import message, one, texts
from protonet.convert.direct import Reading, open_directly
from protonet.data.header import FieldSpec
from protonet.errors import DataError, UsageError
from protonet.protobuf import read_blob
from protonet.protobuf.blob_file import SUFFIX

Shape = tuple[int, ...]

_FILES = "ImageData"
_PARAM = MappingProxyType({"Data": "data_param", _FILES: "image_data_param"})
_ARRAYS = "HDF5Data"
_IMAGE = 3


def found_shapes(layer: Message, context: Context) -> dict[str, Shape]:
    """Return the shape of one sample by top, cropped as the layer says, where it is found.

    What cannot be read is as good as missing: whoever reads the data says why.
    """
    kind, tops = one(layer, "type"), texts(layer, "top")
    if kind == _ARRAYS:
        fields = _fields(_inner(layer, "hdf5_data_param"), Reading(), context)
        return {field.name: field.shape for field in fields if field.shape is not None}
    if kind not in _PARAM or not tops:
        return {}
    params, transform = _inner(layer, _PARAM[kind]), _inner(layer, "transform_param")
    crop = one(transform, "crop_size")
    if kind == _FILES and (crop or (one(params, "new_height") and one(params, "new_width"))):
        return {}  # then the layer says it
    shape = _of_mean(transform, context)
    if shape is None:
        fields = _fields(params, _reading(params, transform, context), context)
        shape = fields[0].shape if fields else None
    if shape and crop and len(shape) == _IMAGE:
        shape = (shape[0], crop, crop)
    return {tops[0]: shape} if shape else {}


def _reading(params: Message, transform: Message, context: Context) -> Reading:
    written = one(params, "root_folder")
    root = find(written, context.places) if written else None
    is_gray = one(params, "is_color") is False or one(transform, "force_gray") is True
    gray = True if is_gray else None
    return Reading(root=None if root is None else str(root), gray=gray)


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


def _fields(params: Message, reading: Reading, context: Context) -> tuple[FieldSpec, ...]:
    """Return the fields of a source; none where there is no source that can be read."""
    written = one(params, "source")
    place = find(written, context.places) if written else None
    if place is None:
        return ()
    try:
        dataset = open_directly(str(place), reading).dataset
    except (DataError, UsageError):
        return ()
    dataset.close()
    return dataset.header.fields
