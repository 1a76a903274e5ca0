"""IDX files: literal bytes in, arrays out, and one clear message for each way to be broken."""

from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest

from protonet.data.idx import read_idx
from protonet.errors import DataError

TWO_IMAGES = bytes.fromhex("00 00 08 03  00 00 00 02  00 00 00 02  00 00 00 03") + bytes(range(12))
"""Two images of 2 rows and 3 columns, with the values 0 to 11."""
TYPES = "08 for uint8, 09 for int8, 0b for int16, 0c for int32, 0d for float32, 0e for float64"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "images.idx"


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"])
def test_the_bytes_of_two_images_are_read_whatever_the_files_name(
    tmp_path: Path, name: str, packed: bool
) -> None:
    file = tmp_path / name
    file.write_bytes(gzip.compress(TWO_IMAGES) if packed else TWO_IMAGES)
    images = read_idx(file)
    assert images.dtype == np.uint8
    assert images.tolist() == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]
    images[0, 0, 0] = 1  # free to be changed


@pytest.mark.parametrize(
    ("code", "data", "values", "dtype"),
    [
        ("08", "00 ff", [0, 255], "uint8"),
        ("09", "7f 80", [127, -128], "int8"),
        ("0b", "01 02  ff fe", [258, -2], "int16"),
        ("0c", "00 01 00 00  ff ff ff ff", [65536, -1], "int32"),
        ("0d", "3f c0 00 00  c0 00 00 00", [1.5, -2.0], "float32"),
        ("0e", "3f f8 00 00 00 00 00 00  c0 00 00 00 00 00 00 00", [1.5, -2.0], "float64"),
    ],
)
def test_every_type_is_big_endian_in_the_file_and_native_in_memory(
    file: Path, code: str, data: str, values: list[float], dtype: str
) -> None:
    file.write_bytes(bytes.fromhex(f"00 00 {code} 01  00 00 00 02  {data}"))
    found = read_idx(file)
    assert found.tolist() == values
    assert (found.dtype.name, found.dtype.isnative) == (dtype, True)


def test_no_images_are_an_array_without_records(file: Path) -> None:
    file.write_bytes(bytes.fromhex("00 00 08 03  00 00 00 00  00 00 00 1c  00 00 00 1c"))
    assert read_idx(file).shape == (0, 28, 28)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty, and an IDX file begins with a header of at least 8 bytes; get it again"),
        (
            gzip.compress(b"", mtime=0),
            "is empty, and an IDX file begins with a header of at least 8 bytes; get it again",
        ),
        (
            TWO_IMAGES[:3],
            "ends after 3 bytes, within its header of at least 8: it was cut short; get it again",
        ),
        (
            TWO_IMAGES[:11],
            "ends after 11 bytes, within its header of 16: it was cut short; get it again",
        ),
        (
            TWO_IMAGES[:-5],
            "its header promises 2 x 2 x 3 uint8, 12 bytes, but only 7 follow: it was cut short; "
            "get it again",
        ),
        (
            TWO_IMAGES + b"\0",
            "its header promises 2 x 2 x 3 uint8, 12 bytes, but more follow: it is damaged or no "
            "IDX file; get it again",
        ),
        (
            gzip.compress(TWO_IMAGES + b"\0", mtime=0),
            "its header promises 2 x 2 x 3 uint8, 12 bytes, but more follow: it is damaged or no "
            "IDX file; get it again",
        ),
        (
            b"\x89PNG\r\n",
            "begins with the bytes 89 50 4e 47, so it is no IDX file: that begins with 00 00, its "
            f"type ({TYPES}) and its number of axes",
        ),
        (
            b"\x00\x00\x0a\x03",
            "begins with the bytes 00 00 0a 03, so it is no IDX file: that begins with 00 00, its "
            f"type ({TYPES}) and its number of axes",
        ),
        (
            b"\x00\x01\x08\x03",
            "begins with the bytes 00 01 08 03, so it is no IDX file: that begins with 00 00, its "
            f"type ({TYPES}) and its number of axes",
        ),
        (b"\x00\x00\x08\x00", "its header says 0 axes, and an IDX file has from 1 to 32"),
        (b"\x00\x00\x08\x21", "its header says 33 axes, and an IDX file has from 1 to 32"),
        (
            b"\x00\x00\x08\x03" + struct.pack(">3I", 0, 2**32 - 1, 2**32 - 1),
            "its header promises 0 x 4294967295 x 4294967295 uint8, 0 bytes, which is no shape of "
            "an array",
        ),
        (
            gzip.compress(TWO_IMAGES, mtime=0)[:-9],
            "its gzip data ends too early: it was cut short; get it again",
        ),
        (
            gzip.compress(TWO_IMAGES, mtime=0)[:10]
            + b"\xff"
            + gzip.compress(TWO_IMAGES, mtime=0)[11:],
            "its gzip data is damaged (Error -3 while decompressing data: invalid block type); "
            "get it again",
        ),
        (
            gzip.compress(TWO_IMAGES, mtime=0)[:-8]
            + bytes(4)
            + gzip.compress(TWO_IMAGES, mtime=0)[-4:],
            f"its gzip data is damaged (CRC check failed 0x0 != {zlib.crc32(TWO_IMAGES):#x}); "
            "get it again",
        ),
    ],
)
def test_a_broken_file_is_described(file: Path, content: bytes, message: str) -> None:
    file.write_bytes(content)
    with pytest.raises(DataError) as raised:
        read_idx(file)
    assert str(raised.value) == f"{file}: {message}"


@pytest.mark.parametrize(
    "content", [TWO_IMAGES, gzip.compress(TWO_IMAGES, mtime=0)], ids=["plain", "gzip"]
)
def test_a_file_cut_short_anywhere_is_refused(file: Path, content: bytes) -> None:
    for length in range(len(content)):
        file.write_bytes(content[:length])
        with pytest.raises(DataError):
            read_idx(file)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_forged_header_takes_no_memory(file: Path, packed: bool) -> None:
    forged = b"\x00\x00\x08\x02" + struct.pack(">2I", 2**20, 2**20) + b"\x07"
    file.write_bytes(gzip.compress(forged) if packed else forged)
    tracemalloc.start()
    try:
        with pytest.raises(DataError) as raised:
            read_idx(file)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(raised.value) == (
        f"{file}: its header promises 1048576 x 1048576 uint8, 1099511627776 bytes, but only 1 "
        "follow: it was cut short; get it again"
    )
    assert peak < 8 << 20  # bytes


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(DataError) as raised:
        read_idx(file)
    assert str(raised.value) == f"{file}: cannot be read: No such file or directory"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        read_idx(tmp_path)
    assert str(raised.value) == f"{tmp_path}: cannot be read: Is a directory"


def test_a_name_that_is_no_text_can_be_printed(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        read_idx(tmp_path / os.fsdecode(b"\xff.idx"))
    assert str(raised.value) == f"{tmp_path}/\ufffd.idx: cannot be read: No such file or directory"


def test_the_real_labels_of_mnist(reference: Path) -> None:
    labels = read_idx(reference / "data/mnist/train-labels-idx1-ubyte.gz")
    assert labels.shape == (60_000,)
    assert labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
