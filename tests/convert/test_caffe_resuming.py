"""Conversions to Caffe's databases that are killed, and go on: to the bytes of one that was not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protonet.convert import ConvertOptions, Encoding
from tests.convert.pictures import left, save
from tests.convert.test_caffe_tables import entries
from tests.convert.test_resuming import (
    Kill,
    again,
    begun_again,
    folder,
    hidden_folder,
    kill,
    went_on,
)

__all__ = ["folder", "kill"]  # fixtures: the folder of 15 photos, which is the current one

LARGE = ConvertOptions(resize=(300, 300), caffe=True)
"""Three records a batch."""


def noise(count: int) -> None:
    """Make the photos differ from each other, and their colours too."""
    pixels = np.random.default_rng(0).integers(0, 256, (count, 50, 60, 3), np.uint8)
    for path, one in zip(sorted(Path("photos").glob("*/*.png")), pixels, strict=True):
        save(path, Image.fromarray(one))


@pytest.mark.parametrize("killed_at", [(8,), (3, 6, 15)])
def test_it_goes_on_where_it_was(killed_at: tuple[int, ...], folder: Path, kill: Kill) -> None:
    noise(15)
    for records in killed_at:
        kill(records, LARGE)
    report = again(LARGE)
    assert report.notes[0] == went_on(-(-killed_at[-1] // 3) * 3)
    assert left(folder) == {"photos", "a.lmdb"}
    assert {path.name for path in (folder / "a.lmdb").iterdir()} == {"data.mdb"}
    plain = again(LARGE, "b.lmdb")
    assert entries(Path("a.lmdb")) == entries(Path("b.lmdb"))
    assert [one.header for one in report.tables] == [one.header for one in plain.tables]


@pytest.mark.parametrize(
    "options",
    [
        ConvertOptions(resize=(300, 300), caffe=True, gray=True, shuffle=3),
        ConvertOptions(resize=(40, 40), caffe=True, encode=Encoding("PNG")),
        ConvertOptions(caffe=True, encode=Encoding()),
    ],
)
def test_whatever_was_asked_for_is_the_same(
    options: ConvertOptions, folder: Path, kill: Kill
) -> None:
    noise(15)
    for number in range(600):  # more than two batches of encoded ones
        save(Path(f"photos/cat/more{number}.png"), Image.new("RGB", (3, 2 + number % 5)))
    Path("photos/cat/broken.png").write_bytes(b"")
    options = replace(options, skip=True)
    kill(300, options)
    report = again(options)
    assert report.notes[0].startswith("went on where an earlier run was killed: ")
    plain = again(options, "b.lmdb")
    assert entries(Path("a.lmdb")) == entries(Path("b.lmdb"))
    assert [one.header for one in report.tables] == [one.header for one in plain.tables]
    assert (report.count, report.rejected) == (plain.count, plain.rejected) == (615, 1)


def test_each_table_goes_on_by_itself(folder: Path, kill: Kill) -> None:
    noise(15)
    options = ConvertOptions(resize=(300, 300), caffe=True, split=(("train", 0.6), ("test", 0.4)))
    kill(13, options)
    report = again(options)
    train, test = (one.header.count for one in report.tables)
    assert report.notes[:2] == (went_on(train, train), went_on(15 - 15 % 3 - train, test))
    again(options, "b.lmdb")
    for name in ("train", "test"):
        assert entries(Path(f"a_{name}.lmdb")) == entries(Path(f"b_{name}.lmdb"))
    assert left(folder) == {
        "photos",
        *(f"{at}_{of}.lmdb" for at in "ab" for of in ("train", "test")),
    }


def hidden() -> tuple[str, Path]:
    found = hidden_folder()
    return found, Path(found) / "journal"


def test_what_is_of_no_use_is_begun_again(folder: Path, kill: Kill) -> None:
    kill(9, LARGE)
    name, _ = hidden()
    assert again(replace(LARGE, restart=True)).notes[0] == begun_again("--restart says so", name)
    Path("a.lmdb").rename("b.lmdb")
    kill(9, LARGE)
    name, _ = hidden()
    assert again(replace(LARGE, gray=True)).notes[0] == begun_again("it had other options", name)
    Path("a.lmdb").rename("c.lmdb")
    kill(9, LARGE)
    name, journal = hidden()
    journal.unlink()
    assert again(LARGE).notes[0] == begun_again("it had stored nothing yet", name)


def test_a_changed_image_and_a_damaged_file_are_noticed(folder: Path, kill: Kill) -> None:
    kill(9, LARGE)
    name, _ = hidden()
    save(Path("photos/cat/004.png"), Image.new("RGB", (4, 3), "white"))
    assert again(LARGE).notes[0] == begun_again(
        "an image has changed since, one from photos/cat/003.png to photos/dog/000.png", name
    )
    Path("a.lmdb").rename("b.lmdb")
    kill(9, LARGE)
    name, _ = hidden()
    (Path(name) / "data.mdb").write_bytes(b"0" * 8192)
    assert again(LARGE).notes[0] == begun_again(
        "what it stored cannot be read: a.lmdb: data.mdb cannot be read: it is not an LMDB file, "
        "or its first pages are damaged",
        name,
    )
