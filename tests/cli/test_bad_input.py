"""What bad input gets: every scene of `bad_input.txt`, played as it stands there.

A scene is a title, the mischief done, the command, everything that it writes to standard error,
its exit code, and the new files and folders that it leaves behind, which are none unless they are
named:

    == a title
    > verb word …              a function of MISCHIEF, in a folder with the set of `small.py`
    $ protonet train …
    the whole of standard error
    [2] leaves runs

{here} stands for that folder, {cache} for the cache, {long} for a name that no disk takes, {sum}
for a checksum and {size} for a file's size, which differ between machines; {few} for a number of
iterations below 1,000, of which a thread that writes in the background may notice sooner or later
that it cannot.
"""

from __future__ import annotations

import fcntl
import os
import re
import resource
import shlex
import shutil
import signal
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import torch

from protonet.cli import main
from protonet.data.header import FieldSpec
from protonet.data.table import create_tables
from tests.small import points, small_file

Capture = pytest.CaptureFixture[str]

SCENES = Path(__file__).with_name("bad_input.txt")
LONG = 300 * "n"
HELD: list[int] = []
"""Locks of the scene in hand."""


@dataclass(frozen=True)
class Scene:
    """One scene of the file."""

    mischief: list[list[str]]
    command: list[str]
    told: str
    code: int
    leaves: list[str]


def scenes() -> dict[str, Scene]:
    """Read the file."""
    parts = SCENES.read_text(encoding="utf-8").split("\n== ")[1:]
    return {title: _scene(body) for title, _, body in (part.partition("\n") for part in parts)}


def _scene(body: str) -> Scene:
    before, _, played = body.partition("$ protonet ")
    command, _, rest = played.partition("\n")
    told, _, end = rest.rpartition("\n[")
    code, _, leaves = end.partition("]")
    mischief = [_words(line[2:]) for line in before.splitlines()]
    return Scene(mischief, _words(command), f"{told}\n", int(code), leaves.split()[1:])


def _words(line: str) -> list[str]:
    return shlex.split(line.replace("{long}", LONG))


def write(file: str, *lines: str) -> None:
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_text("".join(f"{line}\n" for line in lines))


def replace(file: str, old: str, new: str) -> None:
    text = Path(file).read_text()
    assert old in text
    Path(file).write_text(text.replace(old, new))


def raw(file: str, digits: str) -> None:
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_bytes(bytes.fromhex(digits))


def cut(file: str, size: str) -> None:
    os.truncate(file, int(size))


def flip(file: str, what: str) -> None:
    """Flip one bit of every occurrence of a text, or of the first record of the training set."""
    data = Path(file).read_bytes()
    found = points(60, 1)["data"][0].tobytes() if what == "RECORD" else what.encode()
    assert found in data
    Path(file).write_bytes(data.replace(found, bytes([found[0] ^ 1]) + found[1:]))


def remove(path: str) -> None:
    shutil.rmtree(path) if Path(path).is_dir() else Path(path).unlink()


def folder(path: str) -> None:
    Path(path).mkdir(parents=True)


def loop(path: str) -> None:
    """Make what not even root can read: a link to itself."""
    Path(path).symlink_to(Path(path).name)


def setting(name: str, value: str) -> None:
    os.environ[name] = value


def train(*words: str) -> None:
    assert main(["train", "small.yaml", *words]) == 0


def dataset(path: str, labels: str, *classes: str) -> None:
    """Write a set in which the classes follow each other; `nan` for a value that is none."""
    values = dict(points(60, 1))
    if labels == "nan":
        values["data"][17] = np.nan
    else:
        values["label"] = np.resize(np.array(labels.split(","), np.int64), 60)
    fields = [FieldSpec(name="data", dtype="float32", shape=(6,)),
              FieldSpec(name="label", dtype="int64", shape=())]  # fmt: skip
    with create_tables(Path(path)) as tables:
        tables.table(None, fields, classes=classes or None).write(values)


def idx(path: str, images: str) -> None:
    """Write images of 2 x 2 pixels and their labels, as MNIST's files are called."""
    count = int(images)
    Path(path).mkdir(parents=True)
    head = struct.pack(">4B3I", 0, 0, 8, 3, count, 2, 2)
    Path(path, "train-images-idx3-ubyte").write_bytes(head + bytes(4 * count))
    labels = struct.pack(">4BI", 0, 0, 8, 1, count) + bytes(count)
    Path(path, "train-labels-idx1-ubyte").write_bytes(labels)


def arrays(file: str, *names: str) -> None:
    np.savez(file, allow_pickle=False, **{name: np.zeros(2, np.float32) for name in names})


def use(path: str) -> None:
    """Hold a run's folder, as the process does that trains in it."""
    Path(path).mkdir(exist_ok=True)
    HELD.append(os.open(Path(path, ".lock"), os.O_CREAT | os.O_RDWR))
    fcntl.flock(HELD[-1], fcntl.LOCK_EX)


def full_disk(size: str) -> None:
    """Let no file grow past a size; what goes on writing is refused, as by a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), _hard_limit()))


def _hard_limit() -> int:
    return resource.getrlimit(resource.RLIMIT_FSIZE)[1]


def played(command: list[str]) -> int:
    """Return the command's exit code; lift the limit at once, for pytest may write to a file."""
    try:
        return main(command)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (_hard_limit(), _hard_limit()))


MISCHIEF: Mapping[str, Callable[..., None]] = MappingProxyType(
    {
        function.__name__: function
        for function in (
            *(write, replace, raw, cut, flip, remove, folder, loop, setting, train),
            *(dataset, idx, arrays, use, full_disk),
        )
    }
)


@pytest.fixture(autouse=True)
def _stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give a folder with a spec and its data, no GPU, no originals; put everything back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROTONET_DATA", "")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    small_file(Path())
    yield
    while HELD:
        os.close(HELD.pop())


def files() -> set[Path]:
    return set(Path().rglob("*"))


@pytest.mark.parametrize("title", scenes())
def test_bad_input_gets_one_clear_message(
    title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    scene, cache = scenes()[title], os.environ["PROTONET_CACHE"]
    for verb, *words in scene.mischief:
        MISCHIEF[verb](*words)
    before = files()
    capsys.readouterr()

    code = played(scene.command)

    told = capsys.readouterr().err
    for what, name in ((LONG, "long"), (str(tmp_path), "here"), (cache, "cache")):
        told = told.replace(what, f"{{{name}}}")
    told = re.sub(r"(checksum is|written as) [0-9a-f]{8}", r"\1 {sum}", told)
    told = re.sub(r"(?<=stored_eof = )\d+", "{size}", told)
    if "{few}" in scene.told:
        told = re.sub(r"(?<=after )(1 iteration|\d{1,3} iterations)\b", "{few} iterations", told)
    new = files() - before
    assert told == scene.told
    assert code == scene.code
    assert sorted(str(path) for path in new if path.parent not in new) == scene.leaves
    assert not [path for path in files() if path.suffix in (".partial", ".old")]


def test_a_damaged_snapshot_is_passed_over_for_the_one_before(capsys: Capture) -> None:
    train("--run", "a", "solver.max_iter=8")
    flip("a/snapshots/iter_8/weights.safetensors", "scores/bias")
    capsys.readouterr()

    assert main(["train", "small.yaml", "--run", "a", "--resume"]) == 0

    warning = (
        "warning: a/snapshots/iter_8: the snapshot is damaged: weights.safetensors: its checksum "
        "is another; trying the one before it"
    )
    out, told = capsys.readouterr()
    assert told == ""
    assert out.splitlines()[0] == warning
    assert "resumed from the snapshot after 4 iterations\n" in out
    assert f"{warning}\n" in Path("a/log.txt").read_text()
    assert sorted(path.name for path in Path("a/snapshots").iterdir()) == [
        "iter_10",
        "iter_4",
        "iter_8",
    ]


def test_a_snapshot_on_a_full_disk_leaves_those_before_it_and_the_run_can_go_on(
    capsys: Capture,
) -> None:
    wide = (
        "net.layers.hidden.num_output=20000"  # no other file of the run is as large as the weights
    )
    train("--run", "a", "solver.max_iter=4", wide)
    largest = Path("a/snapshots/iter_4/weights.safetensors").stat().st_size
    words = ["train", "small.yaml", wide, "--run", "a", "--resume"]
    capsys.readouterr()
    full_disk(str(largest - 100))
    assert played(words) == 1
    assert capsys.readouterr().err == (
        "error: a/snapshots/iter_8: the snapshot cannot be written: File too large. The snapshots "
        "before it are whole; make room and go on with --resume\n"
    )
    assert [path.name for path in Path("a/snapshots").iterdir()] == ["iter_4"]

    assert main(words) == 0
    assert "resumed from the snapshot after 4 iterations\n" in capsys.readouterr().out


def test_measurements_that_lack_what_the_snapshot_counted_are_refused(capsys: Capture) -> None:
    train("--run", "a")
    size = Path("a/metrics.jsonl").stat().st_size  # times are in it, so it differs
    cut("a/metrics.jsonl", "20")
    assert main(["train", "small.yaml", "--run", "a", "--resume", "solver.max_iter=20"]) == 1
    assert capsys.readouterr().err == (
        f"error: a/metrics.jsonl: has 20 bytes, and had {size} at the snapshot: it was changed "
        "since; put it back, or train again without --resume\n"
    )


def test_a_test_that_is_not_finite_is_no_reason_to_stop(capsys: Capture) -> None:
    dataset("odd.lmdb", "nan")
    train("--run", "a", "data.test.source=odd.lmdb")
    assert capsys.readouterr().out.splitlines()[-1].endswith(" loss nan")
    assert '"loss": null' in Path("a/metrics.jsonl").read_text()
    assert main(["train", "small.yaml", "--run", "a", "--resume", "data.test.source=odd.lmdb"]) == 0


def test_a_second_ctrl_c_stops_at_once_and_leaves_no_half_snapshot(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = os.fsync

    def press(descriptor: int) -> None:
        flush(descriptor)
        if Path("a/snapshots/.iter_4.partial/weights.safetensors").exists():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.5)  # this is the writer's thread; the main one is interrupted meanwhile

    monkeypatch.setattr(os, "fsync", press)
    with torch.enable_grad():  # what interrupts torch.no_grad's own code would leave it off
        assert main(["train", "small.yaml", "--run", "a"]) == 130
    assert capsys.readouterr().err == "interrupted\n"
    assert list(Path("a/snapshots").iterdir()) == []
