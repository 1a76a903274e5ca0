from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from protonet.errors import NonFiniteError, StorageError
from protonet.snapshot.folder import Snapshots
from protonet.snapshot.format import read_snapshot
from protonet.snapshot.writer import Writer
from tests.snapshot.test_state import state


class Gate:
    """Holds every flush to the disk up until it is opened; then each does what `then` does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, then: Callable[[], object] = int) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        flush = os.fsync

        def fsync(descriptor: int) -> None:
            self.reached.set()
            assert self.opened.wait(30)
            then()
            flush(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)


class Said:
    """What a writer says."""

    def __init__(self) -> None:
        self.done, self.warnings = list[tuple[int, Path]](), list[str]()

    def writer(self, path: Path) -> Writer:
        return Writer(Snapshots(path), lambda *what: self.done.append(what), self.warnings.append)


def full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


NO_ROOM = (
    "{}/iter_{}: the snapshot cannot be written: No space left on device. The snapshots before it "
    "are whole; make room and go on with --resume"
)


def test_training_goes_on_while_the_weights_of_then_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, said = Gate(monkeypatch), Said()
    weights, history = torch.ones(3), torch.zeros(2, 2)
    with said.writer(tmp_path) as writer:
        writer.write(state(4), {"a/weight": weights}, {"history/a/weight": history})
        assert gate.reached.wait(30)
        weights += 1  # the next step
        history += 5
        writer.check()
        assert (said.done, Snapshots(tmp_path).iterations()) == ([], [])
        gate.opened.set()
        writer.wait()
        assert said.done == [(4, tmp_path / "iter_4")]

    snapshot = read_snapshot(tmp_path / "iter_4")
    assert snapshot.weights["a/weight"].tolist() == [1, 1, 1]
    assert snapshot.optimizer["history/a/weight"].tolist() == [[0, 0], [0, 0]]


def test_a_second_one_waits_for_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, said = Gate(monkeypatch), Said()
    with said.writer(tmp_path) as writer:
        writer.write(state(1), {}, {})
        threading.Timer(0.05, gate.opened.set).start()
        writer.write(state(2), {}, {})
        assert said.done == [(1, tmp_path / "iter_1")]
    assert said.done[1:] == [(2, tmp_path / "iter_2")]
    assert Snapshots(tmp_path).iterations() == [1, 2]


@pytest.mark.parametrize("ask", [Writer.check, Writer.wait])
def test_a_full_disk_is_told_when_it_is_asked_for_and_the_one_before_is_whole(
    ask: Callable[[Writer], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Said()
    with said.writer(tmp_path) as writer:
        writer.write(state(1), {"a": torch.ones(1)}, {})
        writer.wait()
        Gate(monkeypatch, full).opened.set()
        writer.write(state(2), {"a": torch.ones(1)}, {})
        assert writer._writing is not None
        writer._writing.join()
        with pytest.raises(StorageError) as caught:
            ask(writer)
    assert str(caught.value) == NO_ROOM.format(tmp_path, 2)
    assert [entry.name for entry in tmp_path.iterdir()] == ["iter_1"]
    assert read_snapshot(tmp_path / "iter_1").weights["a"].tolist() == [1]


def test_the_end_waits_and_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Gate(monkeypatch, full).opened.set()
    with pytest.raises(StorageError) as caught, Said().writer(tmp_path) as writer:
        writer.write(state(2), {}, {})
    assert str(caught.value) == NO_ROOM.format(tmp_path, 2)


def test_where_another_error_ends_the_run_it_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Gate(monkeypatch, full).opened.set()
    said = Said()
    with pytest.raises(NonFiniteError, match="^the loss$"), said.writer(tmp_path) as writer:
        writer.write(state(2), {}, {})
        raise NonFiniteError("the loss")
    assert said.warnings == [f"warning: {NO_ROOM.format(tmp_path, 2)}"]


def test_an_error_that_is_no_interruption_waits_for_the_snapshot(tmp_path: Path) -> None:
    said = Said()
    with pytest.raises(NonFiniteError), said.writer(tmp_path) as writer:
        writer.write(state(2), {}, {})
        raise NonFiniteError("the loss")
    assert said.done == [(2, tmp_path / "iter_2")]


def test_an_interruption_leaves_nothing_of_a_snapshot_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, said = Gate(monkeypatch), Said()
    with pytest.raises(KeyboardInterrupt), said.writer(tmp_path) as writer:
        writer.write(state(2), {"a": torch.ones(1)}, {})
        assert gate.reached.wait(30)
        threading.Timer(0.05, gate.opened.set).start()
        raise KeyboardInterrupt
    assert (said.done, list(tmp_path.iterdir())) == ([], [])


@pytest.mark.gpu
def test_tensors_of_a_gpu_are_copied_in_the_order_of_its_work(tmp_path: Path) -> None:
    weights = torch.zeros(1 << 20, device="cuda")
    with Said().writer(tmp_path) as writer:
        for value in range(50):
            weights.fill_(value)
        writer.write(state(1), {"a": weights}, {})
        for _ in range(50):
            weights.fill_(-1)
    assert read_snapshot(tmp_path / "iter_1").weights["a"].unique().tolist() == [49]
