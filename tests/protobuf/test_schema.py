from __future__ import annotations

import struct

import pytest

from protonet.protobuf.schema import ARRAYS, MESSAGES, message_class


def test_protobuf_itself_writes_the_bytes_of_caffes_format() -> None:
    """Field numbers and kinds as in Caffe's own files."""
    net = message_class("NetParameter")()
    layer = net.layer.add(name=b"ip")
    blob = layer.blobs.add(data=[1.5])
    blob.shape.dim.append(1)

    numbers = b"\x2d" + struct.pack("<f", 1.5)  # field 5, not packed: proto2's own way
    blob_bytes = numbers + b"\x3a\x03\x0a\x01\x01"  # field 7 holds field 1, packed as in Caffe
    inner = b"\x0a\x02ip" + b"\x3a" + bytes([len(blob_bytes)]) + blob_bytes  # fields 1 and 7
    assert net.SerializeToString() == b"\xa2\x06" + bytes([len(inner)]) + inner  # field 100


def test_each_number_stands_for_one_field() -> None:
    for fields in MESSAGES.values():
        numbers = [field.number for field in fields.values()]
        assert len(numbers) == len(set(numbers))


def test_messages_and_arrays_are_known() -> None:
    for fields in MESSAGES.values():
        assert all(not field.message or field.message in MESSAGES for field in fields.values())
    for name, numbers in ARRAYS.items():
        assert numbers.keys() <= {field.number for field in MESSAGES[name].values()}


def test_an_unknown_message_is_refused() -> None:
    with pytest.raises(KeyError):
        message_class("Nothing")
