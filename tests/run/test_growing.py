from __future__ import annotations

import resource
from contextlib import closing
from pathlib import Path

import pytest

from protonet.errors import StorageError
from protonet.run.growing import GrowingFile


def test_what_is_appended_is_there_at_once(tmp_path: Path) -> None:
    file = GrowingFile(tmp_path / "a")
    file.append(b"one")
    assert (tmp_path / "a").read_bytes() == b"one"
    file.append(b"two")
    assert file.flushed_length() == 6
    file.close()


@pytest.mark.parametrize(
    ("length", "kept"), [(None, b"onetwo"), (3, b"one"), (0, b""), (6, b"onetwo")]
)
def test_it_is_cut_back_to_a_length(length: int | None, kept: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"onetwo")
    file = GrowingFile(path, length)
    file.append(b"!")
    file.close()
    assert path.read_bytes() == kept + b"!"


def test_refuses_a_file_that_lost_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    with pytest.raises(StorageError) as caught:
        GrowingFile(path, 6)
    assert str(caught.value) == (
        f"{path}: has 3 bytes, and had 6 at the snapshot: it was changed since; put it back, or "
        "train again without --resume"
    )


def test_refuses_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        GrowingFile(tmp_path / "gone" / "a")
    assert str(caught.value) == f"{tmp_path}/gone/a: cannot be written: No such file or directory"


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with (
        closing(GrowingFile(Path("/dev/full"))) as file,
        pytest.raises(StorageError) as caught,
    ):
        file.append(b"one")
    assert str(caught.value) == "/dev/full: cannot be written: No space left on device"


def test_half_a_record_is_taken_back(tmp_path: Path) -> None:
    """A full disk takes a part: here no file may be longer than 5 bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(GrowingFile(tmp_path / "a")) as file:
        file.append(b"one")
        resource.setrlimit(resource.RLIMIT_FSIZE, (5, limits[1]))
        try:
            with pytest.raises(StorageError) as caught:
                file.append(b"two")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(caught.value) == f"{tmp_path}/a: cannot be written: File too large"
    assert (tmp_path / "a").read_bytes() == b"one"
