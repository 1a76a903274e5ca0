"""Mirrors: folders and web servers, read alike."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from protonet.errors import DataError, StorageError, UsageError
from protonet.zoo.download import Download
from protonet.zoo.mirrors import FolderMirror, Mirror, WebMirror, mirrors
from protonet.zoo.model import FileFacts
from tests.zoo.conftest import Server

FACTS = FileFacts(size=3, sha256=hashlib.sha256(b"abc").hexdigest())


@pytest.fixture(params=["folder", "server"])
def mirror(request: pytest.FixtureRequest, tmp_path: Path, server: Server) -> Mirror:
    """A mirror with the file a/b."""
    (tmp_path / "models/a").mkdir(parents=True)
    (tmp_path / "models/a/b").write_bytes(b"abc")
    server.files = {"a/b": b"abc"}
    if request.param == "folder":
        return FolderMirror(str(tmp_path / "models"))
    return WebMirror(server.url, server.url, {})


def test_a_small_file_is_read_and_a_missing_one_is_none(mirror: Mirror, tmp_path: Path) -> None:
    how = Download(tmp_path)
    assert mirror.text("a/b", 3, how) == b"abc"
    assert mirror.text("a/c", 3, how) is None
    with pytest.raises(DataError, match="more than 2 bytes$"):
        mirror.text("a/b", 2, how)


def test_a_file_is_brought_and_verified(mirror: Mirror, tmp_path: Path) -> None:
    how = Download(tmp_path)
    mirror.file("a/b", tmp_path / "got", FACTS, how)
    assert (tmp_path / "got").read_bytes() == b"abc"
    other = FileFacts(size=3, sha256="0" * 64)
    why = f"its SHA-256 is {FACTS.sha256}, and the model's is {'0' * 64}$"
    with pytest.raises(DataError, match=why):
        mirror.file("a/b", tmp_path / "other", other, how)
    assert not (tmp_path / "other").exists()


def test_a_disk_that_is_full_in_the_middle_is_told(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StorageError) as raised:
        mirror.file("a/b", tmp_path / "got", FACTS, Download(tmp_path))
    assert str(raised.value) == (
        f"{tmp_path}: the cache cannot be written: No space left on device; set PROTONET_CACHE to "
        "a folder that can"
    )
    assert not (tmp_path / "got").exists()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    gone = FolderMirror(str(tmp_path / "gone"))
    with pytest.raises(DataError) as raised:
        gone.text("a/model.json", 10, Download(tmp_path))
    assert str(raised.value) == f"{tmp_path}/gone: there is no such folder (PROTONET_ZOO)"


def test_the_variable_names_mirrors_of_each_kind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PROTONET_ZOO", "~/models, https://example.org/zoo/ ,")
    assert mirrors() == (
        FolderMirror(f"{tmp_path}/models"),
        WebMirror("https://example.org/zoo/", "https://example.org/zoo", {}),
    )
    monkeypatch.delenv("PROTONET_ZOO")
    assert mirrors() == ()


def test_another_kind_of_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTONET_ZOO", "ftp://example.org")
    with pytest.raises(UsageError) as raised:
        mirrors()
    assert str(raised.value) == (
        "PROTONET_ZOO ftp://example.org: a mirror is a folder, an address https://… or http://…, "
        "or hf://OWNER/REPOSITORY"
    )
