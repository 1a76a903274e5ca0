from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from protonet.errors import SnapshotError, StorageError
from protonet.snapshot.format import put_back, read_snapshot, read_state, write_snapshot
from tests.snapshot.test_state import state

WEIGHTS = {
    "conv/weight": torch.arange(24.0).reshape(2, 3, 2, 2).to(memory_format=torch.channels_last),
    "conv/bias": torch.tensor([1.5, -2.5]),
}
HISTORY = {"history/conv/weight": torch.full((2, 3, 2, 2), 0.25)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Write a snapshot and return its folder."""
    folder = tmp_path / "iter_4"
    write_snapshot(folder, state(), WEIGHTS, HISTORY)
    return folder


def test_what_is_read_is_what_was_written(path: Path) -> None:
    snapshot = read_snapshot(path)

    assert snapshot.state == state()
    assert snapshot.weights.keys() == WEIGHTS.keys()
    assert all(torch.equal(snapshot.weights[name], WEIGHTS[name]) for name in WEIGHTS)
    assert torch.equal(snapshot.optimizer["history/conv/weight"], HISTORY["history/conv/weight"])


def test_the_folder_holds_three_files_that_other_tools_read(path: Path) -> None:
    assert sorted(entry.name for entry in path.iterdir()) == [
        "state.json",
        "state.safetensors",
        "weights.safetensors",
    ]
    with safe_open(path / "weights.safetensors", framework="np") as file:
        assert file.get_tensor("conv/bias").tolist() == [1.5, -2.5]
    assert json.loads((path / "state.json").read_text())["state"]["iteration"] == 4


def test_an_optimizer_without_state_is_written_too(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "iter_1", state(1), WEIGHTS, {})
    assert read_snapshot(tmp_path / "iter_1").optimizer == {}


def test_what_stands_there_is_replaced(path: Path) -> None:
    (path / "weights.safetensors").write_bytes(b"damaged")
    write_snapshot(path, state(score=0.5), WEIGHTS, HISTORY)
    assert read_snapshot(path).state.score == 0.5
    assert [entry.name for entry in path.parent.iterdir()] == ["iter_4"]


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


CHANGED = "it was cut short or changed"
OTHER = "its checksum is another"
GONE = "No such file or directory"


@pytest.mark.parametrize(
    ("name", "damage", "why"),
    [
        ("weights.safetensors", flip, OTHER),
        ("weights.safetensors", cut, OTHER),
        ("weights.safetensors", Path.unlink, GONE),
        ("state.safetensors", flip, OTHER),
        ("state.json", cut, CHANGED),
        ("state.json", Path.unlink, GONE),
    ],
)
def test_a_damaged_snapshot_is_refused_by_file_and_reason(
    path: Path, name: str, damage: Callable[[Path], None], why: str
) -> None:
    damage(path / name)
    with pytest.raises(SnapshotError) as caught:
        read_snapshot(path)
    assert str(caught.value) == f"{path}: the snapshot is damaged: {name}: {why}"


@pytest.mark.parametrize(
    ("old", "new"), [('"iteration": 4', '"iteration": 5'), ('"seed": 1', '"seed": 2')]
)
def test_a_changed_number_in_the_state_is_noticed(path: Path, old: str, new: str) -> None:
    text = (path / "state.json").read_text()
    (path / "state.json").write_text(text.replace(old, new, 1))
    with pytest.raises(SnapshotError) as caught:
        read_state(path)
    assert str(caught.value) == f"{path}: the snapshot is damaged: state.json: {OTHER}"


def test_a_snapshot_of_a_newer_protonet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "iter_4"
    write_snapshot(path, state(version=2), WEIGHTS, {})
    with pytest.raises(SnapshotError) as caught:
        read_snapshot(path)
    assert str(caught.value) == f"{path}: written by a newer protonet; upgrade protonet to go on"


FULL = """
import resource, signal, sys
from pathlib import Path
from protonet.errors import StorageError
from protonet.snapshot.format import write_snapshot
from tests.snapshot.test_format import WEIGHTS
from tests.snapshot.test_state import state
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    write_snapshot(Path(sys.argv[1]), state(), WEIGHTS, {})
except StorageError as error:
    print(error)
"""


def test_a_disk_that_refuses_leaves_nothing(tmp_path: Path) -> None:
    """A file may grow to 100 bytes here, which stands for a disk that is full."""
    path = tmp_path / "iter_4"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert done.stdout == (
        f"{path}: the snapshot cannot be written: File too large. The snapshots before it are "
        "whole; make room and go on with --resume\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "iter_4"
    with pytest.raises(StorageError) as caught:
        write_snapshot(path, state(), WEIGHTS, {})
    assert str(caught.value) == (
        f"{path}: the snapshot cannot be written: No such file or directory. The snapshots before "
        "it are whole; make room and go on with --resume"
    )


@pytest.mark.parametrize("refused", [1, 2])
def test_a_replacement_that_fails_leaves_what_was_there(
    refused: int, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter(range(1, 9))
    rename = Path.rename

    def limited(self: Path, target: Path) -> Path:
        if next(calls) == refused:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", limited)
    with pytest.raises(StorageError):
        write_snapshot(path, state(score=0.5), {}, {})
    assert read_snapshot(path).state == state()
    assert [entry.name for entry in path.parent.iterdir()] == ["iter_4"]


KILLED = """
import os, sys
from pathlib import Path
from protonet.snapshot.format import write_snapshot
from tests.snapshot.test_state import state
calls = iter(range(1, 99))
def killing(call):
    def called(*arguments, **named):
        if next(calls) == int(sys.argv[2]):
            os._exit(9)
        return call(*arguments, **named)
    return called
Path.rename, os.fsync = killing(Path.rename), killing(os.fsync)
write_snapshot(Path(sys.argv[1]), state(score=0.5), {}, {})
"""


@pytest.mark.slow
@pytest.mark.parametrize("call", range(1, 9))
def test_a_replacement_that_is_killed_anywhere_leaves_the_old_one_or_the_new_one(
    call: int, path: Path
) -> None:
    """The calls are three files and a folder put on the disk, two renames, and the folder above."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", KILLED, str(path), str(call)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, check=False, env=environment)
    assert done.returncode == (9 if call <= 7 else 0)
    put_back(path.parent)
    assert read_snapshot(path).state.score == (None if call <= 6 else 0.5)


def test_an_interruption_while_writing_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_snapshot(tmp_path / "iter_4", state(), WEIGHTS, {})
    assert list(tmp_path.iterdir()) == []
