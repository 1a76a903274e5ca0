from __future__ import annotations

from protonet.caffe.fields import MESSAGES
from protonet.protobuf.schema import MESSAGES as BINARY
from protonet.pycaffe.proto.numbers import NUMBERS


def test_no_message_has_a_number_twice() -> None:
    for name, numbers in NUMBERS.items():
        assert len(set(numbers.values())) == len(numbers), name


def test_every_field_is_one_of_caffes() -> None:
    for name, numbers in NUMBERS.items():
        assert set(numbers) - set(MESSAGES[name]) <= {"blobs"}, name


def test_the_same_numbers_as_where_files_are_read() -> None:
    for name in ("NetParameter", "LayerParameter", "V1LayerParameter", "BlobShape"):
        for field, known in BINARY[name].items():
            if field != "layer" or name == "NetParameter":
                assert NUMBERS[name][field] == known.number
