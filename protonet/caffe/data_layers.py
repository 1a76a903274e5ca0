"""Caffe's data layers: what each declares as inputs of the net, and the data set it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from protonet.caffe.inputs import Declared, maker_of
from protonet.caffe.text_format import Message
from protonet.caffe.values import message, one, scalar

Shape = tuple[int, ...]

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


def declared_by_data_layer(layer: Message, found: Shape | None = None) -> Iterator[Declared]:
    """Yield the tops of a data layer, with their shapes where they are known.

    Args:
        layer: the layer.
        found: the shape of one image, where it was found beside the prototxt.
    """
    kind = str(one(layer, "type"))
    tops = layer.named("top")
    shapes = _SHAPES[kind](layer, len(tops))
    if found is not None:
        shapes = (found, *shapes[1:])
    for place, top in enumerate(tops):
        shape = shapes[place] if place < len(shapes) else None
        yield Declared(str(scalar(top)), top.value.mark, shape, True, maker_of(layer))


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
