"""Spec files are read whatever wrote them, and what cannot be read is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
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


def test_another_encoding_is_told_with_its_place_behind_a_byte_order_mark(spec: Path) -> None:
    spec.write_bytes(b"\xef\xbb\xbfname: caf\xe9\n")
    with pytest.raises(SpecError) as caught:
        read_source(spec)
    assert str(caught.value) == (
        f"error[PN001] {spec}:1:10: the text is not UTF-8\n"
        "    1 | name: caf\ufffd\n"
        "      |          ^\n"
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


def test_a_missing_file_in_a_folder_that_may_not_be_listed_is_told(
    spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(UsageError) as caught:
        read_source(spec)
    assert str(caught.value) == f"{spec}: no such file"


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


def piped(raw: bytes) -> Path:
    """Return the path of an open pipe, as the shell makes one of `<(command)`."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as file:
        file.write(raw)
    return Path(f"/dev/fd/{reader}")


def test_what_the_shell_pipes_in_is_read_and_lies_in_the_current_folder(
    spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(spec.parent)
    path = piped(b"net: {layers: []}\n")
    try:
        origin = read_source(path)
    finally:
        os.close(int(path.name))
    assert (origin.name, origin.folder) == (str(path), spec.parent)
    assert origin.data == {"net": {"layers": []}}


def test_a_file_that_is_given_open_lies_in_the_current_folder_too(
    spec: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    spec.write_text("net: {layers: []}\n")
    with spec.open("rb") as file:
        assert read_source(Path(f"/dev/fd/{file.fileno()}")).folder == tmp_path / "other"


def test_what_is_longer_than_any_spec_is_not_read_to_its_end(spec: Path) -> None:
    with spec.open("wb") as file:
        file.truncate(10**12)  # takes no disk
    with pytest.raises(UsageError) as caught:
        read_source(spec)
    assert str(caught.value) == f"{spec}: cannot be read: it has more than 16,000,000 bytes"
