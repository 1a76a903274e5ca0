from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from protonet.errors import DataError
from protonet.protobuf.file import HDF5_SIGNATURE, Parsed, read_message
from tests.protobuf.wire import blob, held, layer


def parsed(path: Path, content: bytes) -> Parsed:
    path.write_bytes(content)
    return read_message(path, "NetParameter", "caffemodel")


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as error:
        read_message(path, "NetParameter", "caffemodel")
    return str(error.value)


def test_a_file_is_a_message_and_its_arrays(tmp_path: Path) -> None:
    found = parsed(tmp_path / "net", layer("a", blob((2,), 1, 2)))

    assert found.message.layer[0].name == b"a"
    array = found.array(found.message.layer[0].blobs[0], ((100, 0), (7, 0)), "a/0")
    assert array.tolist() == [1, 2]


def test_torch_takes_its_arrays_and_the_file_stays_as_it_is(tmp_path: Path) -> None:
    content = layer("a", blob((2,), 1, 2))
    found = parsed(tmp_path / "net", content)
    tensor = torch.from_numpy(
        found.array(found.message.layer[0].blobs[0], ((100, 0), (7, 0)), "a/0")
    )

    tensor += 1

    assert tensor.tolist() == [2, 3]
    assert (tmp_path / "net").read_bytes() == content


def test_an_array_that_does_not_fit_is_named(tmp_path: Path) -> None:
    found = parsed(tmp_path / "net", layer("a", blob((3,), 1)))

    with pytest.raises(DataError) as error:
        found.array(found.message.layer[0].blobs[0], ((100, 0), (7, 0)), "a/0")
    assert str(error.value) == (
        f"{tmp_path / 'net'}: a/0: its shape (3,) does not fit its 1 numbers"
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (HDF5_SIGNATURE + bytes(40), "it is an HDF5 file"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
            "it is a pointer of Git LFS, and not the file itself: git lfs pull",
        ),
        (b"<!DOCTYPE html><html>", "it is a page of HTML: the download went wrong"),
        (b"\x1f\x8b\x08\x00" + bytes(30), "it is compressed with gzip"),
        (
            b'name: "LeNet"\nlayer { name: "conv1" }\n',
            "it is a text; a .prototxt is a net, and not its weights",
        ),
        (held(100, b"\x0a\x05ab"), "it ends within field 1"),
    ],
    ids=["hdf5", "lfs", "html", "gzip", "prototxt", "cut short"],
)
def test_what_it_is_instead_is_said(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "net.caffemodel"
    file.write_bytes(content)

    assert refusal(file) == f"{file} is no caffemodel of Caffe: {why}"


def test_what_protobuf_refuses_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "net"
    file.write_bytes(b"\xfa\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00")  # a field of number 2**60

    assert refusal(file).startswith(f"{file} is no caffemodel of Caffe: ")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")

    assert refusal(tmp_path / "none") == f"{tmp_path / 'none'}: No such file or directory"
    assert refusal(tmp_path / "empty") == f"{tmp_path / 'empty'}: the file is empty"
    assert refusal(tmp_path) == f"{tmp_path}: Is a directory"
    assert refusal(tmp_path / "pipe") == f"{tmp_path / 'pipe'}: it is no regular file"
    assert refusal(Path("/dev/zero")) == "/dev/zero: it is no regular file"
