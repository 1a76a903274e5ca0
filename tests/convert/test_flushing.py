from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest

from protonet.convert import flushing
from protonet.convert.flushing import FlushedStore
from protonet.data.layout import Array, Column


class Memory:
    """A store that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def begin(self, name: str, column: Column) -> None:
        self.told.append(("begin", name))

    def chunk(self, name: str, index: int, records: Array) -> None:
        self.told.append((name, index, records.tolist()))

    def put(self, name: str, value: str | Array) -> None:
        self.told.append(("put", name))

    def finish(self) -> None:
        self.told.append("finish")

    def release(self) -> None:
        self.told.append("release")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.write_bytes(b"records")
    return path


def numbers(count: int) -> Array:
    return np.arange(count, dtype=np.uint8)


def test_the_format_is_told_everything(file: Path) -> None:
    memory = Memory()
    store = FlushedStore(memory, file)
    store.begin("a", Column("a", np.dtype("u1"), (), 0, 2))
    store.chunk("a", 0, numbers(2))
    store.put("b", "text")
    store.finish()
    store.release()
    assert memory.told == [("begin", "a"), ("a", 0, [0, 1]), ("put", "b"), "finish", "release"]


def test_the_file_is_flushed_after_so_many_bytes_while_nobody_waits(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the four chunks of 2 bytes the second is the first flushed; until that ends no other is
    begun, and it ends when all are written."""
    begun, end, names = threading.Event(), threading.Event(), []

    def fsync(descriptor: int) -> None:
        names.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        begun.set()
        assert end.wait(30)

    monkeypatch.setattr(flushing, "_STEP", 4)
    monkeypatch.setattr(os, "fsync", fsync)
    memory = Memory()
    store = FlushedStore(memory, file)
    store.chunk("a", 0, numbers(2))
    assert not begun.wait(0.01)
    store.chunk("a", 1, numbers(2))
    assert begun.wait(30)
    store.chunk("a", 2, numbers(2))
    store.chunk("a", 3, numbers(2))
    assert [told[1] for told in memory.told if isinstance(told, tuple)] == [0, 1, 2, 3]
    end.set()
    store.release()
    assert names == [str(file)]
    assert memory.told[-1] == "release"


def test_a_disk_that_refuses_is_left_to_the_end(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(flushing, "_STEP", 1)
    monkeypatch.setattr(os, "fsync", fsync)
    memory = Memory()
    store = FlushedStore(memory, file)
    store.chunk("a", 0, numbers(2))
    store.finish()
    store.release()
    assert memory.told[1:] == ["finish", "release"]


def test_the_file_is_let_go_of(file: Path) -> None:
    open_before = len(os.listdir("/proc/self/fd"))
    FlushedStore(Memory(), file).release()
    assert len(os.listdir("/proc/self/fd")) == open_before
