"""A result appears under its name when it is complete, or never, and leaves nothing behind."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from protonet.data.place import appearing, disk_errors
from protonet.errors import StorageError, UsageError

KINDS = pytest.mark.parametrize("inner", [None, "data.mdb"], ids=["file", "folder"])


def make(path: Path, inner: str | None, text: str = "new", *, force: bool = False) -> None:
    with appearing(path, inner, force=force) as file:
        file.write_text(text)
        assert not path.exists() or force


def text_of(path: Path, inner: str | None) -> str:
    return (path / inner if inner else path).read_text()


@KINDS
def test_the_result_appears_at_the_end_and_alone(tmp_path: Path, inner: str | None) -> None:
    with appearing(tmp_path / "x", inner, force=False) as file:
        file.write_text("new")
        (hidden,) = os.listdir(tmp_path)
        assert hidden.startswith(".x.")
        assert hidden.endswith(".partial")
        assert file.parent == tmp_path / hidden
    assert os.listdir(tmp_path) == ["x"]
    assert text_of(tmp_path / "x", inner) == "new"


@KINDS
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_nothing_appears_after_an_error(
    tmp_path: Path, inner: str | None, error: type[BaseException]
) -> None:
    with pytest.raises(error), appearing(tmp_path / "x", inner, force=False) as file:
        file.write_text("half")
        raise error
    assert os.listdir(tmp_path) == []


@KINDS
def test_what_exists_is_kept_without_force(tmp_path: Path, inner: str | None) -> None:
    make(tmp_path / "x", inner, "old")
    with pytest.raises(UsageError) as caught:
        make(tmp_path / "x", inner)
    assert str(caught.value) == (
        f"{tmp_path}/x: exists already; give another name, or --force to replace it"
    )
    assert text_of(tmp_path / "x", inner) == "old"
    assert os.listdir(tmp_path) == ["x"]


@KINDS
def test_force_replaces_when_the_new_one_is_complete(tmp_path: Path, inner: str | None) -> None:
    make(tmp_path / "x", inner, "old")
    with pytest.raises(RuntimeError), appearing(tmp_path / "x", inner, force=True) as file:
        file.write_text("half")
        raise RuntimeError
    assert text_of(tmp_path / "x", inner) == "old"
    make(tmp_path / "x", inner, "new", force=True)
    assert text_of(tmp_path / "x", inner) == "new"
    assert os.listdir(tmp_path) == ["x"]


def test_force_keeps_what_else_a_folder_holds(tmp_path: Path) -> None:
    make(tmp_path / "x", "data.mdb", "old")
    (tmp_path / "x" / "notes.txt").write_text("mine")
    make(tmp_path / "x", "data.mdb", "new", force=True)
    assert {file.name: file.read_text() for file in (tmp_path / "x").iterdir()} == {
        "data.mdb": "new",
        "notes.txt": "mine",
    }


@KINDS
def test_of_two_writers_at_once_the_slower_is_refused(tmp_path: Path, inner: str | None) -> None:
    with pytest.raises(UsageError) as caught, appearing(tmp_path / "x", inner, force=False) as file:
        file.write_text("slow")
        make(tmp_path / "x", inner, "fast")
    assert str(caught.value) == (
        f"{tmp_path}/x: exists already; give another name, or --force to replace it"
    )
    assert text_of(tmp_path / "x", inner) == "fast"
    assert os.listdir(tmp_path) == ["x"]


def test_a_file_in_a_folders_place_is_refused_and_the_other_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    for force in (False, True):
        with pytest.raises(UsageError) as caught:
            make(tmp_path / "file", "data.mdb", force=force)
        assert str(caught.value) == (
            f"{tmp_path}/file: this is a file, and a dataset of this name is a folder; "
            "give another name"
        )
        with pytest.raises(UsageError) as caught:
            make(tmp_path / "folder", None, force=force)
        assert str(caught.value) == (
            f"{tmp_path}/folder: this is a folder, and a dataset of this name is a file; "
            "give another name"
        )


def test_a_link_keeps_pointing_at_what_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    make(tmp_path / "disk" / "x", None, "old")
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "x")
    make(tmp_path / "link", None, "new", force=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "disk" / "x").read_text() == "new"


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        make(tmp_path / "no" / "x", None)
    assert str(caught.value) == (
        f"{tmp_path}/no/x: cannot be written: the folder {tmp_path}/no does not exist; "
        "make it first"
    )


def test_a_name_that_the_disk_refuses_is_refused_at_once(tmp_path: Path) -> None:
    name = "x" * 300
    with pytest.raises(StorageError) as caught:
        make(tmp_path / name, None)
    assert str(caught.value) == f"{tmp_path}/{name}: cannot be written: File name too long"


def test_a_folder_that_cannot_be_written_is_refused_at_once() -> None:
    """Nobody, not even root, makes a folder in /proc."""
    with pytest.raises(StorageError) as caught:
        make(Path("/proc/self/x"), None)
    assert str(caught.value) == "/proc/self/x: cannot be written: No such file or directory"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused_at_once(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StorageError) as caught:
            make(tmp_path / "x", None)
    finally:
        tmp_path.chmod(0o700)
    assert str(caught.value) == f"{tmp_path}/x: cannot be written: Permission denied"


@KINDS
def test_what_a_killed_writer_left_is_removed_and_what_is_written_stays(
    tmp_path: Path, inner: str | None
) -> None:
    dead, living = (tmp_path / f".x.{letter * 8}.partial" for letter in "ab")
    others = [tmp_path / name for name in (".y.aaaaaaaa.partial", ".x", "x.partial")]
    for folder in (dead, living, *others):
        folder.mkdir()
        (folder / "data.mdb").write_text("half")
    lock = os.open(living, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)  # as a writer that is at work holds it
    try:
        make(tmp_path / "x", inner)
    finally:
        os.close(lock)
    assert {*tmp_path.iterdir()} == {tmp_path / "x", living, *others}


def test_a_name_with_glob_characters_is_meant_literally(tmp_path: Path) -> None:
    other = tmp_path / ".xa.12345678.partial"
    other.mkdir()
    make(tmp_path / "x[a]", None)
    make(tmp_path / "x*", None)
    assert {*os.listdir(tmp_path)} == {"x[a]", "x*", other.name}


def test_the_operating_systems_errors_name_the_path() -> None:
    with pytest.raises(StorageError) as caught, disk_errors("x.lmdb"):
        raise OSError(28, "No space left on device")
    assert str(caught.value) == "x.lmdb: cannot be written: No space left on device"


@KINDS
def test_what_a_killed_writer_left_is_gone_on_with_where_it_is_adopted(
    tmp_path: Path, inner: str | None
) -> None:
    asked = []

    def adopt(folder: Path) -> bool:
        asked.append(folder.name)
        return folder.name == ".x.bbbbbbbb.partial"

    for letter in "abc":
        folder = tmp_path / f".x.{letter * 8}.partial"
        folder.mkdir()
        (folder / (inner or "x")).write_text(letter)
        (folder / "journal").write_text("of what is there")
    with appearing(tmp_path / "x", inner, force=False, adopt=adopt) as file:
        assert file.read_text() == "b"
        assert {*os.listdir(tmp_path)} == {".x.bbbbbbbb.partial", ".x.cccccccc.partial"}
        file.write_text("new")
    assert asked == [".x.aaaaaaaa.partial", ".x.bbbbbbbb.partial"]
    assert text_of(tmp_path / "x", inner) == "new"
    if inner:
        assert os.listdir(tmp_path / "x") == [inner]


def test_what_is_being_written_is_not_offered(tmp_path: Path) -> None:
    with appearing(tmp_path / "x", None, force=False) as file:
        file.write_text("first")
        with appearing(tmp_path / "x", None, force=False, adopt=lambda folder: True) as second:
            assert second != file
            second.write_text("second")
        file.unlink()
        (tmp_path / "x").unlink()
        file.write_text("first")
    assert text_of(tmp_path / "x", None) == "first"
