"""Caffe's data layers: what each declares as inputs of the net, and the data set it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from protonet.caffe.inputs import Declared, maker_of
from protonet.caffe.text_format import Message
from protonet.caffe.values import message, one, scalar
from protonet.records import ChannelOrder

Shape = tuple[int, ...]

_COLOURS = 3
_OF_FILES = ("ImageData", "WindowData")

PARAM: Mapping[str, str] = MappingProxyType(
    {
        "Data": "data_param",
        "HDF5Data": "hdf5_data_param",
        "ImageData": "image_data_param",
        "MemoryData": "memory_data_param",
        "WindowData": "window_data_param",
    }
)
"""Every data layer type, with the message that holds its own keys. A DummyData needs no data and
stays a layer."""


def declared_by_data_layer(
    layer: Message, found: Mapping[str, Shape] = MappingProxyType({})
) -> Iterator[Declared]:
    """Yield the tops of a data layer, with their shapes where they are known.

    Args:
        layer: the layer.
        found: the shape of one sample, by top, where it was found beside the prototxt.
    """
    kind = str(one(layer, "type"))
    tops = layer.named("top")
    shapes = _SHAPES[kind](layer, len(tops))
    for place, top in enumerate(tops):
        name = str(scalar(top))
        shape = found.get(name, shapes[place] if place < len(shapes) else None)
        channels: ChannelOrder | None = None
        if kind in _OF_FILES and place == 0 and shape and shape[0] == _COLOURS:
            channels = "BGR"  # as OpenCV decodes files for Caffe
        yield Declared(name, top.value.mark, shape, True, maker_of(layer), channels)


def own(layer: Message) -> Message:
    """Return the message of a data layer's own keys; an empty one where it has none."""
    return _inner(layer, PARAM[str(one(layer, "type"))])


def _inner(layer: Message, name: str) -> Message:
    fields = layer.named(name)
    return message(fields[0]) if fields else Message((), layer.mark)


def _label_beside(layer: Message, tops: int) -> Sequence[Shape | None]:
    """Data gives samples of whatever shape the source has, and one label for each."""
    return (None, ())


def _none(layer: Message, tops: int) -> Sequence[Shape | None]:
    return ()


def _images(layer: Message, tops: int) -> Sequence[Shape | None]:
    params, crop = own(layer), one(_inner(layer, "transform_param"), "crop_size")
    height, width = one(params, "new_height"), one(params, "new_width")
    if crop:
        height = width = crop
    channels = 1 if one(params, "is_color") is False else 3
    return ((channels, height, width) if height and width else None, ())


def _memory(layer: Message, tops: int) -> Sequence[Shape | None]:
    params, crop = own(layer), one(_inner(layer, "transform_param"), "crop_size")
    sizes = [one(params, name) for name in ("channels", "height", "width")]
    if crop:
        sizes[1:] = [crop, crop]
    return (tuple(sizes) if all(sizes) else None, ())


def _windows(layer: Message, tops: int) -> Sequence[Shape | None]:
    crop = one(_inner(layer, "transform_param"), "crop_size")
    return ((3, crop, crop) if crop else None, ())


_SHAPES: Mapping[str, Callable[[Message, int], Sequence[Shape | None]]] = {
    "Data": _label_beside,
    "HDF5Data": _none,
    "ImageData": _images,
    "MemoryData": _memory,
    "WindowData": _windows,
}
