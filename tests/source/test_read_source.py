"""Spec files are read whatever wrote them, and what cannot be read is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from protonet.errors import SpecError, UsageError
from protonet.source import read_source


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return tmp_path / "net.yaml"


def test_a_file_is_read_with_its_name_and_folder(
    spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec.write_text("net: {layers: []}\n")
    monkeypatch.chdir(spec.parent.parent)
    given = Path(spec.parent.name) / "net.yaml"
    origin = read_source(given)
    assert (origin.name, origin.folder, origin.path) == (str(given), spec.parent, given)
    assert origin.marks.value.source.folder == spec.parent
    assert origin.data == {"net": {"layers": []}}


def test_a_byte_order_mark_is_passed_over(spec: Path) -> None:
    spec.write_bytes(b"\xef\xbb\xbfname: a\r\nnet: {}\r\n")
    origin = read_source(spec)
    assert origin.data == {"name": "a", "net": {}}
    assert str(origin.marks.locate(("name",))) == f"{spec}:1:7"


def test_another_encoding_is_told_with_its_place(spec: Path) -> None:
    spec.write_bytes(b"name: x\n# caf\xe9\n")
    with pytest.raises(SpecError) as caught:
        read_source(spec)
    assert str(caught.value) == (
        f"error[PN001] {spec}:2:6: the text is not UTF-8\n"
        "    2 | # caf\ufffd\n"
        "      |      ^\n"
        "      got byte 0xe9; save the file as UTF-8     see: protonet explain PN001\n"
        f"1 error in {spec}"
    )


def test_a_list_is_no_spec(spec: Path) -> None:
    spec.write_text("- a\n- b\n")
    with pytest.raises(SpecError) as caught:
        read_source(spec)
    assert str(caught.value) == (
        f"error[PN005] {spec}:1:1: a spec is a map with the keys name, data, net and solver\n"
        "    1 | - a\n"
        "      | ^^^\n"
        "      see: protonet explain PN005\n"
        f"1 error in {spec}"
    )


def test_a_missing_file_is_told_with_the_nearest_name(spec: Path) -> None:
    spec.write_text("")
    with pytest.raises(UsageError) as caught:
        read_source(spec.with_name("nett.yaml"))
    assert str(caught.value) == f"{spec.parent}/nett.yaml: no such file; did you mean {spec}?"


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_source(tmp_path / "configs" / "a.yaml")
    assert str(caught.value) == (
        f"{tmp_path}/configs/a.yaml: no such file; {tmp_path}/configs is no folder"
    )


def test_a_folder_is_no_spec(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_source(tmp_path)
    assert str(caught.value) == f"{tmp_path}: cannot be read: Is a directory"
