"""What stops a conversion: bad input, a bad destination, the disk, a signal; nothing stays."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from protonet.convert import ConvertOptions, convert
from protonet.errors import DataError, StorageError, UsageError
from tests.convert.pictures import (
    FORMATS,
    PLAIN,
    SPLIT,
    class_folders,
    content,
    left,
    made,
    plain,
    save,
)


def refused(source: Path, destination: Path, options: ConvertOptions = PLAIN) -> str:
    """Return why a conversion is refused, which must leave nothing behind."""
    before = left(destination.parent)
    with pytest.raises((DataError, UsageError)) as caught:
        convert(source, destination, options)
    assert left(destination.parent) == before
    return str(caught.value)


@FORMATS
def test_images_that_cannot_be_read_are_all_named(
    ending: str, photos: Path, tmp_path: Path
) -> None:
    (photos / "cat" / "002.png").write_bytes(b"")
    out = tmp_path / f"out.{ending}"
    one = f"{photos}/cat/002.png: cannot be read as an image: the file is empty"
    assert (
        refused(photos, out)
        == f"{one}; repair or remove it, or leave it out with --on-error skip. Nothing was written"
    )
    (photos / "dog" / "009.png").write_bytes(b"\x89PNG")
    assert refused(photos, out, replace(SPLIT, resize=(8, 8), workers=1)).split("\n")[0] == (
        "2 of 15 records cannot be read; repair or remove them, or leave them out with --on-error "
        "skip. Nothing was written"
    )


def test_nothing_that_is_there_is_lost_to_a_bad_image(photos: Path, tmp_path: Path) -> None:
    made(photos, tmp_path / "a.lmdb")
    before = content(tmp_path / "a.lmdb")
    (photos / "cat" / "002.png").write_bytes(b"")
    refused(photos, tmp_path / "a.lmdb", ConvertOptions(force=True))
    assert content(tmp_path / "a.lmdb") == before


def test_images_of_two_sizes_are_refused(photos: Path, tmp_path: Path) -> None:
    save(photos / "dog" / "large.png", plain((1, 1, 1), 8, 9))
    assert refused(photos, tmp_path / "a.lmdb") == (
        f"{photos}/cat/000.png is 4x3 pixels and {photos}/dog/large.png is 8x9: the images of a "
        "dataset have one size; add --resize WxH, for instance --resize 224x224, or keep each as "
        "it is with --encoded"
    )


def test_tables_of_two_sizes_are_refused(tmp_path: Path) -> None:
    class_folders(tmp_path / "set" / "train", cat=1)
    save(tmp_path / "set" / "test" / "cat" / "a.png", plain((1, 1, 1), 8, 9))
    assert refused(tmp_path / "set", tmp_path / "a.lmdb").startswith(
        f"{tmp_path}/set/train/cat/000.png is 4x3 pixels and {tmp_path}/set/test/cat/a.png is 8x9: "
    )
    options = ConvertOptions(resize=(5, 5))
    assert made(tmp_path / "set", tmp_path / "a.lmdb", options).count == 2


@pytest.mark.parametrize("name", ["out", "out.txt", "out.LMDB"])
def test_a_destination_of_no_format_is_refused(name: str, photos: Path, tmp_path: Path) -> None:
    assert refused(photos, tmp_path / name) == (
        f"{tmp_path}/{name}: the name of a dataset ends in .lmdb, .h5 or .hdf5"
    )


@FORMATS
def test_a_destination_in_no_folder_is_refused(ending: str, photos: Path, tmp_path: Path) -> None:
    path = tmp_path / "gone" / f"a.{ending}"
    with pytest.raises(StorageError) as caught:
        convert(photos, path, PLAIN)
    assert str(caught.value) == (
        f"{path}: cannot be written: the folder {tmp_path}/gone does not exist; make it first"
    )


@FORMATS
def test_a_destination_where_nothing_can_be_written_is_refused(ending: str, photos: Path) -> None:
    with pytest.raises(StorageError) as caught:
        convert(photos, Path(f"/proc/a.{ending}"), PLAIN)
    assert str(caught.value) == (f"/proc/a.{ending}: cannot be written: No such file or directory")


FULL = """
import resource, signal
from pathlib import Path
from protonet.convert import ConvertOptions, convert
from protonet.errors import StorageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    convert(Path("photos"), Path("a.{ending}"), ConvertOptions(resize=(300, 300)))
except StorageError as error:
    print(error)
"""


@FORMATS
def test_a_disk_that_refuses_is_told_and_left_as_it_was(
    ending: str, photos: Path, tmp_path: Path
) -> None:
    """A limit on the size of files stands for the full disk: the write fails in the middle."""
    done = run_python(FULL.format(ending=ending), tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"a.{ending}: cannot be written: ")
    assert "File too large" in done.stdout
    assert left(tmp_path) == {"photos"}


@FORMATS
def test_an_interrupted_conversion_leaves_nothing(
    ending: str, photos: Path, tmp_path: Path
) -> None:
    def interrupt(done: int, total: int) -> None:
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        convert(photos, tmp_path / f"a.{ending}", SPLIT, interrupt)
    assert left(tmp_path) == {"photos"}


KILLED = """
import os, signal
from pathlib import Path
from protonet.convert import ConvertOptions, convert
def die(done, total):
    os.kill(os.getpid(), signal.SIGKILL)
convert(Path("photos"), Path("a.{ending}"), ConvertOptions(), die)
"""


@FORMATS
def test_a_killed_conversion_leaves_what_the_next_one_clears(
    ending: str, photos: Path, tmp_path: Path
) -> None:
    done = run_python(KILLED.format(ending=ending), tmp_path)
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, "")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names[1:] == ["photos"]
    assert names[0].startswith(f".a.{ending}.")
    made(photos, tmp_path / f"a.{ending}")
    assert left(tmp_path) == {"photos", f"a.{ending}"}


def run_python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, in this folder."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
