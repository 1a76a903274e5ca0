from __future__ import annotations

from pathlib import Path

import pytest

from protonet.caffe.prototxt import read_prototxt, read_text
from protonet.caffe.text_format import MOST_CHARACTERS
from protonet.errors import SpecError, UsageError


def test_a_file_becomes_its_tree(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text('name: "a"\nlayer { }\n')

    assert [field.name for field in read_prototxt(tmp_path / "net.prototxt").fields] == [
        "name",
        "layer",
    ]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        read_prototxt(tmp_path / "net.prototxt")
    assert str(error.value) == f"{tmp_path}/net.prototxt: no such file"


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        read_prototxt(tmp_path)
    assert str(error.value) == f"{tmp_path}: cannot be read: Is a directory"


def test_a_comment_in_any_encoding_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_bytes(b'# caf\xe9\nname: "a"')

    assert len(read_prototxt(tmp_path / "net.prototxt").fields) == 1


def test_a_weights_file_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.caffemodel").write_bytes(b"\x0a\x05lenet\x00")

    with pytest.raises(SpecError) as error:
        read_prototxt(Path("a.caffemodel"))
    assert str(error.value) == (
        "error[PN050] a.caffemodel:2:1: '\\x05lenet\\x00' means nothing here\n"
        "    2 | \ufffdlenet\ufffd\n"
        "      | ^^^^^^^\n"
        "      see: protonet explain PN050\n"
        "1 error in a.caffemodel"
    )


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_bytes(b" " * (MOST_CHARACTERS + 1000))

    assert len(read_text(tmp_path / "net.prototxt")) == MOST_CHARACTERS + 1
