"""The messages of Caffe's binary files: which field has which number, and what it holds.

Only what protonet reads or writes is described; protobuf passes over every other field. Texts are
bytes here: old files have names in any encoding.
Source: Caffe, caffe.proto, of the last commit of 2020; of raw numbers TensorRT, trtcaffe.proto, and
NVCaffe, blob.cpp.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

Kind = Literal["int32", "int64", "bool", "bytes", "float", "double", "message"]


class Field(NamedTuple):
    """One field of a message.

    Attributes:
        number: by which files know it.
        kind: of its values.
        repeated: whether it holds any number of them.
        message: the name of the message that it holds.
        packed: whether Caffe writes its numbers without a tag each; either way can be read.
    """

    number: int
    kind: Kind
    repeated: bool = False
    message: str = ""
    packed: bool = False


def _messages(number: int, name: str) -> Field:
    return Field(number, "message", True, name)


SIDES = ("num", "channels", "height", "width")
"""Where files before 2015 have the shape of an array."""

MESSAGES: Mapping[str, Mapping[str, Field]] = MappingProxyType(
    {
        "BlobShape": {"dim": Field(1, "int64", repeated=True, packed=True)},
        "BlobProto": {
            **{name: Field(place + 1, "int32") for place, name in enumerate(SIDES)},
            "data": Field(5, "float", repeated=True),
            "diff": Field(6, "float", repeated=True),
            "shape": Field(7, "message", message="BlobShape"),
            "double_data": Field(8, "double", repeated=True),
            "double_diff": Field(9, "double", repeated=True),
            "raw_data_type": Field(10, "int32"),
            "raw_data": Field(12, "bytes"),
            "raw_diff": Field(13, "bytes"),
        },
        "Datum": {
            **{name: Field(place + 1, "int32") for place, name in enumerate(SIDES[1:])},
            "data": Field(4, "bytes"),
            "label": Field(5, "int32"),
            "float_data": Field(6, "float", repeated=True),
            "encoded": Field(7, "bool"),
        },
        "LayerParameter": {
            "name": Field(1, "bytes"),
            "type": Field(2, "bytes"),
            "blobs": _messages(7, "BlobProto"),
        },
        "V0LayerParameter": {"name": Field(1, "bytes"), "blobs": _messages(50, "BlobProto")},
        "V1LayerParameter": {
            "layer": Field(1, "message", message="V0LayerParameter"),
            "name": Field(4, "bytes"),
            "blobs": _messages(6, "BlobProto"),
        },
        "NetParameter": {
            "name": Field(1, "bytes"),
            "layers": _messages(2, "V1LayerParameter"),
            "layer": _messages(100, "LayerParameter"),
        },
        "SolverState": {
            "iter": Field(1, "int32"),
            "learned_net": Field(2, "bytes"),
            "history": _messages(3, "BlobProto"),
            "current_step": Field(4, "int32"),
        },
    }
)
"""Every message by its name in Caffe."""

RAW = "|u1"
"""NumPy's name of bytes whose meaning another field of their message says."""

ARRAYS: Mapping[str, Mapping[int, str]] = MappingProxyType(
    {"BlobProto": {5: "<f4", 6: "", 8: "<f8", 9: "", 12: RAW, 13: ""}}
)
"""Fields that hold the numbers of an array, with NumPy's name of their type; of gradients, which
nobody reads, without. They stay where they are in the file."""

RAW_KINDS: Mapping[int, str] = MappingProxyType({0: "<f8", 1: "<f4", 2: "<f2"})
"""What NVCaffe's raw numbers are, in NumPy's words, by `raw_data_type`: its DOUBLE, FLOAT and
FLOAT16. It knows INT and UINT, too, and reads no array of them."""


@cache
def message_class(name: str) -> Any:
    """Return protobuf's class of a message, a name of `MESSAGES`."""
    from google.protobuf import message_factory

    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"protonet.{name}"))


@cache
def _pool() -> Any:
    """Return the messages as protobuf knows them, in a pool of their own: a program may hold
    Caffe's, too."""
    from google.protobuf import descriptor_pb2, descriptor_pool

    file = descriptor_pb2.FileDescriptorProto(name="caffe_files", package="protonet")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, field in fields.items():
            kind = descriptor_pb2.FieldDescriptorProto.Type.Value(f"TYPE_{field.kind.upper()}")
            label = "LABEL_REPEATED" if field.repeated else "LABEL_OPTIONAL"
            made = message.field.add(name=field_name, number=field.number, type=kind)
            made.label = descriptor_pb2.FieldDescriptorProto.Label.Value(label)
            if field.packed:
                made.options.packed = True
            if field.message:
                made.type_name = f".protonet.{field.message}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool
