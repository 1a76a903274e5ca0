"""The bytes are those of protobuf's wire format, written out."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from protonet.errors import DataError
from protonet.protobuf import read_blob


def written(folder: Path, content: bytes) -> Path:
    file = folder / "matrix.binaryproto"
    file.write_bytes(content)
    return file


def test_floats_under_a_shape_are_an_array(tmp_path: Path) -> None:
    # field 5 (data), 16 bytes; field 7 (shape), of which field 1 (dim) holds 2 and 2, packed
    content = b"\x2a\x10" + struct.pack("<4f", 1, 2, 3, 4) + b"\x3a\x04\x0a\x02\x02\x02"

    assert read_blob(written(tmp_path, content)).tolist() == [[1, 2], [3, 4]]


def test_lengths_may_stand_one_by_one_and_numbers_be_doubles(tmp_path: Path) -> None:
    # field 8 (double_data); the shape's lengths as two fields 1
    content = b"\x42\x10" + struct.pack("<2d", 0.5, 3) + b"\x3a\x04\x08\x01\x08\x02"

    assert read_blob(written(tmp_path, content)).tolist() == [[0.5, 3]]


def test_raw_numbers_are_read(tmp_path: Path) -> None:
    # field 10 (raw_data_type), 2 for float16; field 12 (raw_data), 4 bytes; the shape holds 1 and 2
    content = b"\x50\x02\x62\x04" + struct.pack("<2e", 0.5, 3) + b"\x3a\x04\x0a\x02\x01\x02"

    assert read_blob(written(tmp_path, content)).tolist() == [[0.5, 3]]


def test_old_files_have_four_sides(tmp_path: Path) -> None:
    # fields 1 to 4: num, channels, height and width; numbers that are not packed, field 5 each
    sides = b"\x08\x01\x10\x01\x18\x01\x20\x02"
    content = sides + b"\x2d" + struct.pack("<f", 7) + b"\x2d" + struct.pack("<f", 8)

    assert read_blob(written(tmp_path, content)).tolist() == [[[[7, 8]]]]


def test_a_length_may_take_several_bytes(tmp_path: Path) -> None:
    # 300 = 0b10_0101100: the lower 7 bits with a mark that more follow, then the rest
    content = b"\x2a\xb0\x09" + struct.pack("<300f", *range(300)) + b"\x3a\x03\x08\xac\x02"

    assert read_blob(written(tmp_path, content)).tolist() == [*range(300)]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x2a\x08\x00", "is no BlobProto of Caffe: it ends within field 5"),
        (b"\x2a\xff", "is no BlobProto of Caffe: it ends within a number"),
        (b"\x2b", "is no BlobProto of Caffe: field 5 is of an unknown kind, 3"),
        (b"\x2a\x03abc", "is no BlobProto of Caffe: its numbers end in the middle of one"),
        (
            b"\x2a\x04\x00\x00\x00\x00",
            "the array: its shape (0, 0, 0, 0) does not fit its 1 numbers",
        ),
        (
            b"\x2a\x04\x00\x00\x00\x00\x3a\x02\x08\x02",
            "the array: its shape (2,) does not fit its 1 numbers",
        ),
    ],
)
def test_what_is_no_array_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    file = written(tmp_path, content)
    with pytest.raises(DataError) as error:
        read_blob(file)
    assert str(error.value).removeprefix(str(file)).lstrip(": ") == why


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        read_blob(tmp_path / "none")
    assert str(error.value) == f"{tmp_path / 'none'}: No such file or directory"
