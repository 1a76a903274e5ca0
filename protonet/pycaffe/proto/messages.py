"""Caffe's messages as classes of the protobuf library, made of the tables of fields.

The layers of forks are not among them: nobody agrees on their numbers. Nor is the dialect of 2013.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from protonet.caffe.field_types import FieldType, choice
from protonet.caffe.fields import MESSAGES
from protonet.protobuf import schema
from protonet.pycaffe.proto.defaults import DEFAULTS
from protonet.pycaffe.proto.numbers import NUMBERS

PACKAGE = "caffe"

_Kinds = descriptor_pb2.FieldDescriptorProto.Type
_Labels = descriptor_pb2.FieldDescriptorProto.Label
_SPECIAL = {
    "argmax": "ArgMax",
    "elu": "ELU",
    "hdf5_data": "HDF5Data",
    "hdf5_output": "HDF5Output",
    "lrn": "LRN",
    "mvn": "MVN",
    "prelu": "PReLU",
    "relu": "ReLU",
    "spp": "SPP",
    "tanh": "TanH",
    "transform": "Transformation",
}
_BINARY = ("BlobProto", "Datum", "SolverState")
"""Messages of binary files alone, which `protonet.protobuf.schema` describes."""
_PHASE = choice("TRAIN", "TEST")
_PACKED = {("BlobShape", "dim"), *(("BlobProto", name) for name in schema.MESSAGES["BlobProto"])}
_WHOLE = {(-(2**31), 2**31 - 1): "INT32", (0, 2**32 - 1): "UINT32"}
_KINDS = {"number": "FLOAT", "flag": "BOOL", "text": "STRING", "choice": "ENUM"}
_ENUMS = {
    ("pooling_param", "pool"): "PoolMethod",
    ("spp_param", "pool"): "PoolMethod",
    ("eltwise_param", "operation"): "EltwiseOp",
    ("reduction_param", "operation"): "ReductionOp",
    ("data_param", "backend"): "DB",
    ("loss_param", "normalization"): "NormalizationMode",
    ("ParamSpec", "share_mode"): "DimCheckMode",
    ("V1LayerParameter", "blob_share_mode"): "DimCheckMode",
    ("V1LayerParameter", "type"): "LayerType",
}
"""Names of enumerations that do not follow from the field's."""


def message_name(name: str) -> str:
    """Return what Caffe calls a message of `protonet.caffe.fields`.

    >>> message_name("inner_product_param"), message_name("relu_param"), message_name("NetState")
    ('InnerProductParameter', 'ReLUParameter', 'NetState')
    """
    if not name.endswith("_param"):
        return name
    stem = name.removesuffix("_param")
    words = "".join(word.capitalize() for word in stem.split("_"))
    return f"{_SPECIAL.get(stem, words)}Parameter"


@cache
def classes() -> Mapping[str, Any]:
    """Return the class of every message by its name in Caffe."""
    found = _pool().FindFileByName("caffe_messages").message_types_by_name
    return {name: message_factory.GetMessageClass(each) for name, each in found.items()}


@cache
def _pool() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="caffe_messages", package=PACKAGE)
    phase = file.enum_type.add(name="Phase")
    for name, number in _PHASE.choices.items():
        phase.value.add(name=name, number=number)
    for name in NUMBERS:
        _describe(file.message_type.add(name=message_name(name)), name)
    for name in _BINARY:
        _describe_binary(file.message_type.add(name=name), name)
    vector = file.message_type.add(name="BlobProtoVector")
    _put_blobs(vector, 1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


def _describe(made: Any, name: str) -> None:
    known = MESSAGES[name]
    for field_name, number in NUMBERS[name].items():
        if field_name == "blobs":
            _put_blobs(made, number)
        else:
            _put(made, name, field_name, known[field_name])


def _put(made: Any, message: str, name: str, kind: FieldType) -> None:
    made_field = made.field.add(name=name, number=NUMBERS[message][name])
    made_field.label = _Labels.Value("LABEL_REPEATED" if kind.repeated else "LABEL_OPTIONAL")
    if kind.kind == "message":
        made_field.type = _Kinds.Value("TYPE_MESSAGE")
        made_field.type_name = f".{PACKAGE}.{message_name(kind.message)}"
        return
    plain = _WHOLE.get(kind.bounds, "INT64") if kind.kind == "whole" else _KINDS[kind.kind]
    made_field.type = _Kinds.Value(f"TYPE_{plain}")
    if kind.kind == "choice":
        made_field.type_name = _enumeration(made, message, name, kind)
    if (message, name) in _PACKED:
        made_field.options.packed = True
    default = DEFAULTS.get(message, {}).get(name)
    if default is not None:
        made_field.default_value = default


def _enumeration(made: Any, message: str, name: str, kind: FieldType) -> str:
    """Return the name of the enumeration of a field, which is put into its message."""
    if dict(kind.choices) == dict(_PHASE.choices):
        return f".{PACKAGE}.Phase"
    camel = "".join(word.capitalize() for word in name.split("_"))
    title = _ENUMS.get((message, name), camel)
    if title not in {each.name for each in made.enum_type}:
        enumeration = made.enum_type.add(name=title)
        for value, number in kind.choices.items():
            enumeration.value.add(name=value, number=number)
    return f".{PACKAGE}.{made.name}.{title}"


def _describe_binary(made: Any, name: str) -> None:
    for field_name, field in schema.MESSAGES[name].items():
        kind = "STRING" if field_name == "learned_net" else field.kind.upper()
        made_field = made.field.add(
            name=field_name, number=field.number, type=_Kinds.Value(f"TYPE_{kind}")
        )
        made_field.label = _Labels.Value("LABEL_REPEATED" if field.repeated else "LABEL_OPTIONAL")
        if field.message:
            made_field.type_name = f".{PACKAGE}.{field.message}"
        elif field.repeated and (name, field_name) in _PACKED:
            made_field.options.packed = True


def _put_blobs(made: Any, number: int) -> None:
    blobs = made.field.add(name="blobs", number=number, type=_Kinds.Value("TYPE_MESSAGE"))
    blobs.label = _Labels.Value("LABEL_REPEATED")
    blobs.type_name = f".{PACKAGE}.BlobProto"


def missing_numbers() -> Iterator[str]:
    """Yield the fields of messages described here of which no number is known: those of forks."""
    for name, numbers in NUMBERS.items():
        yield from (f"{name}.{field}" for field in MESSAGES[name] if field not in numbers)
