from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from protonet.cli import main
from protonet.cli.progress import ProgressBar
from protonet.data.open import open_dataset
from protonet.spec.addresses import addresses_of
from protonet.spec.data import DataSpec
from tests.convert.pictures import class_folders, left, plain, save
from tests.convert.test_folder import touch
from tests.convert.test_idx_pair import pair

Capture = pytest.CaptureFixture[str]

OWN_PATH = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
"""For a process in another folder: where protonet is."""


@pytest.fixture(autouse=True)
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with photos: five of a cat and ten of a dog."""
    monkeypatch.chdir(tmp_path)
    return class_folders(tmp_path / "photos", cat=5, dog=10)


def convert(*words: str, capsys: Capture) -> list[str]:
    """Convert, which must succeed and complain of nothing; return the lines printed."""
    assert main(["convert", *words]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out.splitlines()


def spec(lines: list[str]) -> dict[str, dict[str, dict[str, object]]]:
    """Return the spec that is printed last, as plain data."""
    return yaml.safe_load("\n".join(lines[lines.index("data:") :]))  # type: ignore[no-any-return]  # YAML's Any


def test_what_was_made_is_printed_and_what_to_do_next(capsys: Capture) -> None:
    words = ["photos", "out.lmdb", "--split", "train:0.8,test:0.2"]
    lines = convert(*words, capsys=capsys)
    assert lines[0].startswith("made out.lmdb: 15 records in ")
    assert lines[1:] == [
        "  out.lmdb/train: 12 records of 3x3x4 (RGB, uint8)",
        *lines[2:3],
        "    2 classes: cat 4, dog 8",
        "  out.lmdb/test: 3 records of 3x3x4 (RGB, uint8)",
        *lines[5:6],
        "    2 classes: cat 1, dog 2",
        "note: the records of out.lmdb/train are sorted by label: train with `shuffle: true`, as "
        "below, or convert again with --shuffle SEED",
        "",
        "next: save this as NAME.yaml in this folder, complete it, and: protonet train NAME.yaml",
        "",
        "data:",
        "  train: {source: out.lmdb/train, batch_size: 64, shuffle: true, transform: "
        "{scale: 0.00390625}}",
        "  test: {source: out.lmdb/test, batch_size: 64, transform: {scale: 0.00390625}}",
        "net:",
        "  inputs: {data: [3, 3, 4], label: {shape: [], dtype: int64}}",
        "  layers:  # your layers; num_output of the last is 2",
        "solver:  # your solver",
    ]


def test_mean_and_standard_deviation_are_printed(capsys: Capture) -> None:
    # IDX: (1 + 2 + 3 + 253 + 254 + 255) / 6 = 128; squares of 127, 126, 125, 125, 126, 127:
    # 2 · (16129 + 15876 + 15625) / 6 = 15876.67, whose root is 126.00
    pair(Path("mnist"))
    lines = convert("mnist", "out.h5", capsys=capsys)
    assert lines[1:4] == [
        "  out.h5: 2 records of 1x1x3 (gray, uint8)",
        "    mean [128.00], standard deviation [126.00]",
        "    4 classes: 0 0, 1 1, 2 0, 3 1",
    ]


def test_of_many_classes_ten_are_shown(capsys: Capture) -> None:
    lines = "".join(f"photos/cat/000.png {label}\n" for label in range(12))
    Path("list.txt").write_text(lines)
    assert "    12 classes: 0 1, 1 1, 2 1, 3 1, 4 1, 5 1, 6 1, 7 1, 8 1, 9 1 and 2 more" in convert(
        "list.txt", "out.lmdb", capsys=capsys
    )


def test_labels_without_names_are_no_classes(capsys: Capture) -> None:
    Path("list.txt").write_text("photos/cat/000.png 123456\n")
    lines = convert("list.txt", "out.lmdb", capsys=capsys)
    assert not any("class" in line for line in lines[1:3])
    assert "  layers:  # your layers" in lines


def test_notes_are_printed(capsys: Capture) -> None:
    touch(Path("photos"), "cat/notes.txt", "dog/a.txt")
    lines = convert("photos", "out.lmdb", "--shuffle", "1", capsys=capsys)
    assert [line for line in lines if line.startswith("note")] == [
        "note: photos: left out 2 files with no image's name: cat/notes.txt, dog/a.txt"
    ]


@pytest.mark.parametrize(
    ("split", "sources"),
    [
        (None, {"train": "out.lmdb"}),
        ("train:0.6,val:0.2,test:0.2",
         {"train": "out.lmdb/train", "val": "out.lmdb/val", "test": "out.lmdb/test"}),
        ("test:0.4,train:0.6", {"train": "out.lmdb/train", "test": "out.lmdb/test"}),
        ("fit:0.6,hold:0.4", {"train": "out.lmdb/fit", "hold": "out.lmdb/hold"}),
    ],
)  # fmt: skip
def test_the_spec_printed_is_valid_and_names_the_tables(
    split: str | None, sources: dict[str, str], capsys: Capture
) -> None:
    found = spec(
        convert("photos", "out.lmdb", *(["--split", split] if split else []), capsys=capsys)
    )
    sets = {name: DataSpec.model_validate(one) for name, one in found["data"].items()}
    assert {name: one.source for name, one in sets.items()} == sources
    assert next(iter(sets)) == "train"
    assert [name for name, one in sets.items() if one.shuffle] == ["train"]
    for one in sets.values():
        with open_dataset(addresses_of(one.source)[0]) as dataset:
            assert list(dataset.header.fields[0].shape or ()) == found["net"]["inputs"]["data"]


LAYERS = """
    - {name: scores, type: InnerProduct, num_output: 2, weight_filler: xavier}
    - {name: loss, type: SoftmaxWithLoss, bottom: [scores, label]}
    - {name: accuracy, type: Accuracy, bottom: [scores, label], phase: test}
"""
SOLVER = "solver: {base_lr: 0.1, momentum: 0.9, max_iter: 40, display: 0, random_seed: 1}"


def test_with_layers_and_a_solver_the_spec_printed_trains(capsys: Capture) -> None:
    """Nights are dark and days bright, which one layer can tell."""
    class_folders(Path("set"), night=10, day=10)
    for number, path in enumerate(Path("set/day").iterdir()):
        save(path, plain((200, 220, 240 + number)))
    lines = convert("set", "set.h5", "--split", "train:0.7,test:0.3", capsys=capsys)
    text = "\n".join(lines[lines.index("data:") :])
    text = re.sub("(?m)^  layers:.*$", f"  layers:{LAYERS}", text)
    Path("set.yaml").write_text(re.sub("(?m)^solver:.*$", SOLVER, text))
    assert main(["train", "set.yaml", "--run", "run"]) == 0
    assert "test: accuracy 1.0000 (6/6)" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("name", ["my photos", "a: b, {c}", 'quote"', "katze ä", "😀", "#1", "a'b"])
def test_any_name_can_be_read_from_the_spec_printed(name: str, capsys: Capture) -> None:
    found = spec(convert("photos", f"{name}.lmdb", capsys=capsys))
    assert DataSpec.model_validate(found["data"]["train"]).source == f"{name}.lmdb"


def test_a_path_that_is_no_text_can_be_printed(capsys: Capture) -> None:
    name = os.fsdecode(b"caf\xe9.lmdb")
    lines = convert("photos", name, capsys=capsys)
    assert lines[0].startswith("made caf\N{REPLACEMENT CHARACTER}.lmdb: 15 records in ")
    assert Path(name).is_dir()


def test_every_option_arrives(capsys: Capture) -> None:
    Path("list.txt").write_text("cat/000.png 0\ndog/001.png 1\n")
    words = ["--root", "photos", "--resize", "6x5", "--gray", "--shuffle", "-3", "--workers", "1"]
    lines = convert("list.txt", "out.h5", *words, capsys=capsys)
    assert lines[1] == "  out.h5: 2 records of 1x5x6 (gray, uint8)"
    with open_dataset("out.h5") as dataset:
        made_by = dict(dataset.header.made_by)
    del made_by["version"]
    assert made_by == {
        "command": "convert",
        "source": "list.txt",
        "resize": "6x5",
        "gray": "True",
        "shuffle": "-3",
        "root": "photos",
    }
    assert main(["convert", "photos", "out.h5"]) == 2
    assert capsys.readouterr().err == (
        "error: out.h5: exists already; give another name, or --force to replace it\n"
    )
    convert("photos", "out.h5", "--force", capsys=capsys)


def test_several_sources_are_told_how_to_be_one(capsys: Capture) -> None:
    assert main(["convert", "a/0.parquet", "a/1.parquet", "a/2.parquet", "out.lmdb"]) == 2
    assert capsys.readouterr().err == (
        "error: a/0.parquet and 2 more: there is one source; files that are one table are given as "
        "a pattern in quotes, for instance '*.parquet'\n"
    )


def test_what_a_killed_run_left_is_told(capsys: Capture) -> None:
    Path(".out.lmdb.12345678.partial").mkdir()
    lines = convert("photos", "out.lmdb", "--restart", capsys=capsys)
    assert (
        "note: an earlier run was killed, and this one began again, for --restart says so; removed "
        f"{Path.cwd().resolve()}/.out.lmdb.12345678.partial"
    ) in lines
    assert not Path(".out.lmdb.12345678.partial").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--shuffle", "x"], '--shuffle "x": a whole number is needed'),
        (["--workers", "1.5"], '--workers "1.5": a whole number is needed'),
        (["--workers", "0"], "--workers 0: at least 1 thread is needed"),
        (["--resize", "big"],
         '--resize "big": width and height in pixels are needed, each from 1 to 9999, for instance '
         "--resize 64x48, or the shorter side, --resize short:256"),
        (["--split", "train"],
         '--split "train": "train" has no fraction; give NAME:FRACTION pairs, for instance --split '
         "train:0.8,test:0.2"),
        (["--encode", "gif"],
         '--encode "gif": expected jpg:QUALITY, from 1 to 100, or png; for instance --encode '
         "jpg:90"),
        (["--encoded", "--raw"],
         "--raw and --encoded: images are stored in one way; give one of them"),
        (["--on-error", "ignore"], '--on-error "ignore": expected stop or skip'),
        (["--limit", "0"], "--limit 0: at least 1 record is needed"),
        (["--label", "a,,b"], '--label "a,,b": names between commas are needed'),
        (["--root", "x"], "--root x: only a list or a table has paths; photos is none"),
    ],
)  # fmt: skip
def test_an_option_that_cannot_be_is_refused(
    words: list[str], message: str, tmp_path: Path, capsys: Capture
) -> None:
    assert main(["convert", "photos", "out.lmdb", *words]) == 2
    assert capsys.readouterr() == ("", f"error: {message}\n")
    assert left(tmp_path) == {"photos"}


def test_an_unreadable_image_is_one_message(tmp_path: Path, capsys: Capture) -> None:
    Path("photos/dog/004.png").write_bytes(b"")
    assert main(["convert", "photos", "out.lmdb"]) == 2
    assert capsys.readouterr() == (
        "",
        "error: photos/dog/004.png: cannot be read as an image: the file is empty; repair or "
        "remove it, or leave it out with --on-error skip. Nothing was written\n",
    )
    assert left(tmp_path) == {"photos"}


def test_ctrl_c_leaves_nothing(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(bar: ProgressBar, done: int, total: int) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(ProgressBar, "__call__", interrupt)
    assert main(["convert", "photos", "out.lmdb"]) == 130
    assert capsys.readouterr() == ("", "interrupted\n")
    assert left(tmp_path) == {"photos"}


ALWAYS = """
import sys
from protonet.cli import main, progress
progress._LIVE_SECONDS = 0.0  # every call is shown
sys.exit(main(["convert", "photos", "out.lmdb", "--resize", "600x600"]))
"""


def test_a_terminal_shows_how_far_it_is_and_then_only_the_result() -> None:
    screen, end = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", ALWAYS], stdout=subprocess.PIPE, stderr=end, env=OWN_PATH
    ) as process:
        os.close(end)
        out = process.stdout.read().decode() if process.stdout else ""
    text = os.read(screen, 100_000).decode()
    os.close(screen)
    assert process.returncode == 0
    assert out.startswith("made out.lmdb: 15 records in ")
    assert text.count("/15 records, ") == 16
    assert text.startswith("\r[..............................] 0/15 records, 0.0/s\x1b[K\r[##....")
    assert text.endswith("\r\x1b[K")


def test_torch_is_not_imported() -> None:
    code = (
        "import sys; from protonet.cli import main; "
        "code = main(['convert', 'photos', 'out.lmdb']); sys.exit(code or 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=OWN_PATH, stdout=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 0


def test_a_table_of_numbers_is_converted(capsys: Capture) -> None:
    Path("a.csv").write_text('size,"the kind, of",note,y\n1,a,x y z,0\n2,b,x y,1\n,b,x y,1\n')
    words = [
        "--label",
        "y",
        "--text",
        "note",
        "--ignore",
        '"the kind, of"',
        "--length",
        "2",
        "--vocabulary",
        "1",
    ]
    lines = convert("a.csv", "a.h5", *words, "--on-error", "skip", capsys=capsys)
    assert lines[1:4] == [
        "  a.h5: 2 records of 1 (float32)",
        "    note: [2] int32, 3 names",
        "    note_lengths: [] int64",
    ]
    assert "note: a.csv: left out the kind, of" in lines
    assert "note: left out 1 of 3 records: see a.rejects.tsv" in lines
    assert (
        "  inputs: {data: [1], note: {shape: [2], dtype: int64}, note_lengths: {shape: [], "
        "dtype: int64}, label: {shape: [], dtype: int64}}"
    ) in lines
    assert "  train: {source: a.h5, batch_size: 64, shuffle: true}" in lines


def test_encoded_images_of_one_size_are_trained_on_like_pixels(capsys: Capture) -> None:
    lines = convert("photos", "a.lmdb", "--encoded", capsys=capsys)
    assert lines[1] == "  a.lmdb: 15 records of encoded images, 3x3x4 (RGB, uint8)"
    assert "  inputs: {data: [3, 3, 4], label: {shape: [], dtype: int64}}" in lines


def test_what_makes_encoded_images_of_two_sizes_alike_is_told(capsys: Capture) -> None:
    save(Path("photos/cat/x.png"), plain((1, 1, 1), 8, 9))
    lines = convert("photos", "a.lmdb", "--encode", "jpg:80", "--shuffle", "1", capsys=capsys)
    assert lines[1] == "  a.lmdb: 16 records of encoded images, of different sizes (RGB, uint8)"
    assert lines[-1] == (
        "note: the images have different sizes, and a net takes one: begin the transform with "
        "{type: RandomResizedCrop, size: 224} to train, with {type: Resize, short: 256} and "
        "{type: CenterCrop, size: 224} to test; or convert again with --resize WxH"
    )


def test_databases_for_caffe_are_told_without_a_spec(capsys: Capture) -> None:
    lines = convert("photos", "a.lmdb", "--caffe", "--limit", "4", "--raw", capsys=capsys)
    assert lines[1] == "  a.lmdb: 4 records of 3x3x4 (BGR, uint8)"
    assert lines[-1] == "    2 classes: cat 4, dog 0"
