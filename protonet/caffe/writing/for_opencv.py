"""A prototxt as OpenCV's dnn reads it: the deployed layers alone, and inputs with sizes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from protonet.caffe.text_format import Field, Message, Scalar
from protonet.caffe.writing.tree import NOWHERE, group, message, number, shape, text, word
from protonet.problems import Mark

Place = tuple[int, int]
"""Line and column of a layer in its prototxt."""

_LAYERS = ("layer", "layers")

_LEAST = -3.4028234e38
"""The least float32, rounded to what every reader takes for one."""

_THRESHOLD = number("nms_threshold", 0.3)
_DEFAULTS: Mapping[str, tuple[Field, ...]] = MappingProxyType(
    {
        "prior_box_param": (number("clip", False), number("variance", 0.1)),
        "detection_output_param": (
            number("share_location", True),
            number("background_label_id", 0),
            number("confidence_threshold", _LEAST),
            word("code_type", "CORNER"),
            group("nms_param", [_THRESHOLD]),
        ),
        "nms_param": (_THRESHOLD,),
    }
)
"""Defaults of SSD's fork that OpenCV has others for, or none.
Source: OpenCV, prior_box_layer.cpp, detection_output_layer.cpp; SSD, caffe.proto."""


def place_of(mark: Mark) -> Place:
    """Return where a mark stands in its file."""
    return mark.line, mark.column


def opencv_net(
    net: Message, places: Collection[Place], inputs: Mapping[str, tuple[int, ...]]
) -> Message:
    """Return a net of some layers of a prototxt, as they stand there.

    Args:
        net: the prototxt as it was parsed, in any of Caffe's dialects.
        places: of the layers that are wanted.
        inputs: the shape of each blob that is fed, batch axis included.
    """
    head = [field for name, sizes in inputs.items() for field in _input(name, sizes)]
    layers = (field for field in net.fields if field.name in _LAYERS)
    return message([*head, *(_said_so(one) for one in layers if place_of(one.mark) in places)])


def _input(name: str, sizes: tuple[int, ...]) -> tuple[Field, Field]:
    return text("input", name), shape("input_shape", sizes)


def _said_so(field: Field) -> Field:
    """Return a field in OpenCV's words: it knows `round_mode: FLOOR` by another name only, and
    drops the whole message that it stands in. Defaults that it does not share are said."""
    if isinstance(field.value, Message):
        inner = tuple(_said_so(one) for one in field.value.fields)
        inner += tuple(
            one for one in _DEFAULTS.get(field.name, ()) if not field.value.named(one.name)
        )
        return replace(field, value=replace(field.value, fields=inner))
    if field.name == "round_mode":
        is_floor = field.value.value in ("FLOOR", 1)
        return Field("ceil_mode", Scalar("word", "false" if is_floor else "true", NOWHERE), NOWHERE)
    return field
