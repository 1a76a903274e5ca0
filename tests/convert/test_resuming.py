"""Conversions that are killed and started again: they go on, or say why not, and give the same."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protonet.convert import ConvertOptions, Encoding, Report, convert
from protonet.data.open import open_dataset
from protonet.data.verify import verify
from tests.convert.pictures import left, save
from tests.forking import Nursery

LARGE = ConvertOptions(resize=(300, 300))
"""Three records a chunk."""

KILLED = """
import os, signal
from pathlib import Path
from protonet.convert import ConvertOptions, Encoding, TableOptions, convert
def die(done, total):
    if done >= {records}:
        os.kill(os.getpid(), signal.SIGKILL)
convert(Path("{source}"), Path("{name}"), {options!r}, die)
"""


def headers(report: Report) -> list[str]:
    """Return all that is known of the tables, but where they lie; every record is verified."""
    found = []
    for table in report.tables:
        with open_dataset(table.address) as dataset:
            assert not verify(dataset).damaged
            found.append(dataset.header.model_dump_json())
    return found


@pytest.fixture
def folder(photos: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the photos, which is the current one."""
    monkeypatch.chdir(photos.parent)
    return photos.parent


Kill = Callable[..., None]


@pytest.fixture
def kill(folder: Path, nursery: Nursery) -> Kill:
    """Return what converts the photos in a process of its own, and kills it when so many records
    are done: `kill(records, options, name)`."""

    def killed(records: int, options: ConvertOptions, name: str = "a.lmdb") -> None:
        code = KILLED.format(records=records, source="photos", name=name, options=options)
        said = folder / "said.txt"
        with said.open("w") as err:
            child = nursery.start([sys.executable, "-c", code], err=err.fileno())
            assert child.wait(120) == -signal.SIGKILL
        assert said.read_text() == ""
        said.unlink()
        assert not (folder / name).exists()

    return killed


def again(options: ConvertOptions, name: str = "a.lmdb") -> Report:
    """Convert the photos, as `kill` does."""
    return convert(Path("photos"), Path(name), options)


def went_on(records: int, total: int = 15) -> str:
    return f"went on where an earlier run was killed: {records} of {total} records"


@pytest.mark.parametrize("name", ["a.lmdb", "a.h5"])
@pytest.mark.parametrize("killed_at", [(8,), (3, 6, 15)])
def test_it_goes_on_where_it_was(
    killed_at: tuple[int, ...], name: str, folder: Path, kill: Kill
) -> None:
    for records in killed_at:
        kill(records, LARGE, name)
    report = again(LARGE, name)
    assert report.notes[0] == went_on(-(-killed_at[-1] // 3) * 3)
    assert left(folder) == {"photos", name}
    assert headers(report) == headers(again(LARGE, f"b{Path(name).suffix}"))


def test_nothing_but_the_data_is_in_the_folder(folder: Path, kill: Kill) -> None:
    kill(8, LARGE)
    again(LARGE)
    assert {path.name for path in (folder / "a.lmdb").iterdir()} == {"data.mdb"}


@pytest.mark.parametrize("copied", [3, 9, 12])
def test_a_run_killed_while_it_copies_loses_nothing_of_the_one_before(
    copied: int, folder: Path, kill: Kill
) -> None:
    kill(9, LARGE, "a.h5")
    kill(copied, LARGE, "a.h5")
    report = again(LARGE, "a.h5")
    assert report.notes[0] == went_on(max(9, copied))
    assert headers(report) == headers(again(LARGE, "b.h5"))
    assert left(folder) == {"photos", "a.h5", "b.h5"}


@pytest.mark.parametrize(
    "options",
    [
        ConvertOptions(resize=(300, 300), shuffle=3, workers=2),
        ConvertOptions(resize=(300, 300), split=(("train", 0.6), ("test", 0.4))),
        ConvertOptions(resize=(400, 400), gray=True, limit=14),
    ],
)
@pytest.mark.parametrize("ending", ["lmdb", "h5"])
def test_whatever_was_asked_for_is_the_same(
    ending: str, options: ConvertOptions, folder: Path, kill: Kill
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (15, 300, 400, 3), np.uint8)
    for path, pixels in zip(sorted(Path("photos").glob("*/*.png")), noise, strict=True):
        save(path, Image.fromarray(pixels))
    kill(13, options, f"a.{ending}")
    report = again(options, f"a.{ending}")
    assert report.notes[0].startswith("went on where an earlier run was killed: ")
    assert not report.notes[0].split(": ")[1].startswith("0 ")
    plain = again(options, f"b.{ending}")
    assert headers(report) == headers(plain)
    assert report.notes[1:] == plain.notes


@pytest.mark.parametrize(
    "options",
    [ConvertOptions(encode=Encoding()), ConvertOptions(encode=Encoding("PNG"), skip=True)],
)
@pytest.mark.parametrize("ending", ["lmdb", "h5"])
def test_encoded_images_are_the_same(
    ending: str, options: ConvertOptions, folder: Path, kill: Kill
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (70, 100, 150, 3), np.uint8)
    for number, pixels in enumerate(noise):
        save(Path(f"photos/cat/{number:03}.png"), Image.fromarray(pixels[: 50 + number % 2]))
    if options.skip:
        Path("photos/cat/010.png").write_bytes(b"")
    kill(64, options, f"a.{ending}")
    report = again(options, f"a.{ending}")
    assert report.notes[0] == went_on(31, 80)  # a batch; 62 fill only one chunk of 1 MiB
    assert headers(report) == headers(again(options, f"b.{ending}"))


def test_what_is_left_out_is_left_out_again(folder: Path, kill: Kill) -> None:
    Path("photos/cat/001.png").write_bytes(b"")
    Path("photos/dog/002.png").write_bytes(b"no image")
    options = ConvertOptions(resize=(300, 300), skip=True)
    kill(12, options)
    report = again(options)
    assert report.notes[0] == went_on(9)  # 8 were stored, of which 6 fill two chunks, and 3 of 4
    assert (report.count, report.rejected) == (13, 2)
    assert [line.split("\t")[0] for line in Path("a.rejects.tsv").read_text().splitlines()] == [
        "record", "photos/cat/001.png", "photos/dog/002.png"
    ]  # fmt: skip
    assert headers(report) == headers(again(options, "b.lmdb"))


def test_an_image_that_cannot_be_read_is_still_refused(folder: Path, kill: Kill) -> None:
    Path("photos/dog/009.png").write_bytes(b"")
    kill(9, LARGE)
    with pytest.raises(Exception, match="the file is empty"):
        again(LARGE)
    assert left(folder) == {"photos"}


def begun_again(why: str, hidden: str) -> str:
    return (
        f"an earlier run was killed, and this one began again, for {why}; removed "
        f"{os.path.realpath(hidden)}"
    )


def hidden_folder(name: str = "a.lmdb") -> str:
    (found,) = Path().glob(f".{name}.*")
    return str(found)


def test_a_changed_image_is_noticed(folder: Path, kill: Kill) -> None:
    kill(9, LARGE)
    hidden = hidden_folder()
    save(Path("photos/cat/004.png"), Image.new("RGB", (4, 3), "white"))
    report = again(LARGE)
    assert report.notes[0] == begun_again(
        "an image has changed since, one from photos/cat/003.png to photos/dog/000.png", hidden
    )
    assert left(folder) == {"photos", "a.lmdb"}
    assert headers(report) == headers(again(LARGE, "b.lmdb"))


def test_a_changed_image_is_read_anew_where_its_batch_is_not_whole(
    folder: Path, kill: Kill
) -> None:
    Path("photos/cat/000.png").write_bytes(b"")  # batches and chunks no longer end together
    options = ConvertOptions(resize=(300, 300), skip=True)
    kill(12, options)  # 11 are stored, 9 in whole chunks; the third ends in a batch of three
    save(Path("photos/dog/004.png"), Image.new("RGB", (4, 3), "white"))  # the tenth: of that batch
    report = again(options)
    assert report.notes[0] == went_on(9)
    assert headers(report) == headers(again(options, "b.lmdb"))


def test_a_new_image_is_noticed(folder: Path, kill: Kill) -> None:
    kill(9, LARGE)
    hidden = hidden_folder()
    save(Path("photos/cat/new.png"), Image.new("RGB", (4, 3), "white"))
    report = again(LARGE)
    assert report.notes[0] == begun_again("the source has changed since", hidden)
    assert report.count == 16


def test_other_options_begin_again_and_other_workers_do_not(folder: Path, kill: Kill) -> None:
    kill(9, LARGE)
    hidden = hidden_folder()
    assert again(ConvertOptions(resize=(300, 300), gray=True)).notes[0] == begun_again(
        "it had other options", hidden
    )
    Path("a.lmdb").rename("b.lmdb")
    kill(9, LARGE)
    options = ConvertOptions(resize=(300, 300), workers=3, force=True)
    assert again(options).notes[0].startswith("went on")


def test_a_restart_is_a_restart(folder: Path, kill: Kill) -> None:
    kill(9, LARGE)
    hidden = hidden_folder()
    options = ConvertOptions(resize=(300, 300), restart=True)
    assert again(options).notes[0] == begun_again("--restart says so", hidden)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("source", "it had another source"),
        ("versions", "it was of another version of protonet, Pillow or simplejpeg"),
        (
            "machine",
            "the computer has started anew since, and may have lost what it held",
        ),
    ],
)
def test_what_cannot_be_trusted_is_begun_again(
    key: str, why: str, folder: Path, kill: Kill
) -> None:
    kill(9, LARGE)
    hidden = hidden_folder()
    journal = Path(hidden) / "journal"
    head, *lines = journal.read_text().splitlines()
    journal.write_text("\n".join([json.dumps(json.loads(head) | {key: "x"}), *lines, ""]))
    assert again(LARGE).notes[0] == begun_again(why, hidden)


@pytest.mark.parametrize(("name", "file"), [("a.lmdb", "data.mdb"), ("a.h5", "a.h5")])
def test_a_damaged_file_is_begun_again(name: str, file: str, folder: Path, kill: Kill) -> None:
    kill(9, LARGE, name)
    hidden = hidden_folder(name)
    (Path(hidden) / file).write_bytes(b"0" * 8192)
    report = again(LARGE, name)
    why, _, _ = report.notes[0].partition(f": {name}")
    assert why == (
        "an earlier run was killed, and this one began again, for what it stored cannot be read"
    )
    assert report.count == 15


def test_without_a_whole_chunk_there_is_nothing_to_go_on_with(folder: Path, kill: Kill) -> None:
    kill(15, ConvertOptions())
    hidden = hidden_folder()
    assert again(ConvertOptions()).notes[0] == begun_again(
        "no images are stored that would have to be decoded", hidden
    )


def test_a_run_that_is_still_writing_is_left_alone(folder: Path) -> None:
    def convert_again(done: int, total: int) -> None:
        if done == 9:
            other = convert(Path("photos"), Path("a.lmdb"), LARGE)
            assert not [note for note in other.notes if "earlier run" in note]

    with pytest.raises(Exception, match="exists already"):
        convert(Path("photos"), Path("a.lmdb"), LARGE, convert_again)
    assert left(folder) == {"photos", "a.lmdb"}
