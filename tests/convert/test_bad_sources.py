"""What people have by accident: each is told, nothing half-written stays, and counts add up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protonet.convert import ConvertOptions, convert
from protonet.errors import DataError
from tests.convert.pictures import class_folders, left, made, records, save

SKIP = ConvertOptions(skip=True, resize=(8, 8))


def refused(source: Path, destination: Path) -> str:
    """Return why a conversion is refused, which must leave nothing behind."""
    before = left(destination.parent)
    with pytest.raises(DataError) as caught:
        convert(source, destination, ConvertOptions(resize=(8, 8)))
    assert left(destination.parent) == before
    return str(caught.value)


def test_counts_add_up_over_every_odd_photo(reference: Path, tmp_path: Path) -> None:
    odd = reference / "data" / "photos_odd"
    files = [path for path in odd.rglob("*") if path.is_file()]
    report = made(odd, tmp_path / "a.lmdb", SKIP)
    left_out = next(note for note in report.notes if "with no image's name" in note)
    others = int(left_out.split("left out ")[1].split(" ")[0])
    assert report.count + report.rejected + others == len(files)
    assert report.rejects is not None
    assert len(report.rejects.read_text().splitlines()) == 1 + report.rejected
    assert refused(odd, tmp_path / "b.lmdb").startswith(
        f"{report.rejected} of {report.count + report.rejected} records cannot be read; "
    )


def test_a_text_that_is_called_an_image_is_named(photos: Path, tmp_path: Path) -> None:
    (photos / "cat" / "notes.jpg").write_text("no picture")
    assert refused(photos, tmp_path / "a.lmdb") == (
        f"{photos}/cat/notes.jpg: cannot be read as an image: it is none of JPEG, PNG, BMP, GIF, "
        "TIFF, WEBP, PPM, or damaged at its beginning; repair or remove it, or leave it out with "
        "--on-error skip. Nothing was written"
    )


def test_a_link_to_nothing_is_named_and_can_be_left_out(photos: Path, tmp_path: Path) -> None:
    (photos / "cat" / "link.png").symlink_to("nowhere.png")
    assert refused(photos, tmp_path / "a.lmdb").startswith(
        f"{photos}/cat/link.png: cannot be read as an image: No such file or directory; "
    )
    report = made(photos, tmp_path / "a.lmdb", SKIP)
    assert (report.count, report.rejected) == (15, 1)


def test_an_image_whose_name_is_no_utf8_is_read(photos: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe.png")
    save(photos / "cat" / name, Image.new("RGB", (4, 3)))
    assert made(photos, tmp_path / "a.lmdb").count == 16
    (photos / "cat" / name).write_bytes(b"")
    assert refused(photos, tmp_path / "b.lmdb").startswith(f"{photos}/cat/\ufffd\ufffd.png: ")
    report = made(photos, tmp_path / "c.lmdb", SKIP)
    assert report.rejects is not None
    assert f"{photos}/cat/\ufffd\ufffd.png\t" in report.rejects.read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(photos: Path, tmp_path: Path) -> None:
    (photos / "cat" / "001.png").chmod(0)
    assert refused(photos, tmp_path / "a.lmdb").startswith(
        f"{photos}/cat/001.png: cannot be read as an image: Permission denied; "
    )
    assert made(photos, tmp_path / "a.lmdb", SKIP).rejected == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_named(photos: Path, tmp_path: Path) -> None:
    (photos / "cat").chmod(0)
    try:
        why = refused(photos, tmp_path / "a.lmdb")
    finally:
        (photos / "cat").chmod(0o755)
    assert why == f"{photos}/cat: the folder cannot be read: Permission denied"


def test_lines_may_end_in_cr_lf_and_be_blank(tmp_path: Path) -> None:
    class_folders(tmp_path / "photos", cat=2)
    text = "photos/cat/000.png 0\r\n\r\n  \r\nphotos/cat/001.png 1\r\n\r\n"
    (tmp_path / "list.txt").write_bytes(text.encode())
    made(tmp_path / "list.txt", tmp_path / "a.lmdb")
    assert records(tmp_path / "a.lmdb")[1] == [0, 1]


MILLION = """
import resource, sys
from pathlib import Path
from protonet.convert.list_file import list_file
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
part = list_file(Path(sys.argv[1]), root=None, gray=False)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(part.count, after - before)
"""


@pytest.mark.slow
def test_a_list_of_a_million_lines_takes_bounded_memory(photos: Path, tmp_path: Path) -> None:
    lines = [f"photos/dog/{n % 10:03}.png {n % 1000}\n" for n in range(1000)]
    (tmp_path / "list.txt").write_text("".join(lines) * 1000)
    done = subprocess.run(
        [sys.executable, "-c", MILLION, str(tmp_path / "list.txt")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    count, kibibytes = map(int, done.stdout.split())
    assert count == 1_000_000
    assert kibibytes < 400 * 1024


def during(change: Callable[[], object]) -> Callable[[int, int], None]:
    """Return a progress that changes something when the first records are done."""
    once = [change]

    def progress(done: int, total: int) -> None:
        if done and once:
            once.pop()()

    return progress


def test_an_array_that_is_written_to_meanwhile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((5, 3, 8, 8), np.uint8))

    def change() -> None:
        with path.open("r+b") as file:
            file.seek(200)
            file.write(b"\x07")
        os.utime(path, (1, 1))

    with pytest.raises(DataError) as caught:
        convert(path, tmp_path / "a.lmdb", ConvertOptions(), during(change))
    assert str(caught.value) == (
        f"{path}: it was changed while it was read; wait until that is done, and convert it again. "
        "Nothing was written"
    )
    assert left(tmp_path) == {"x.npy"}


def test_a_file_beside_the_class_folders_may_be_written_to(photos: Path, tmp_path: Path) -> None:
    log = photos / "log.txt"
    log.write_text("begun")
    progress = during(lambda: log.write_text("going on"))
    assert convert(photos, tmp_path / "a.lmdb", ConvertOptions(), progress).count == 15
