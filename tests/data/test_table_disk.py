"""Datasets on the disk: complete or not there, whatever becomes of the disk and the writer."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from protonet.data.open import open_dataset
from protonet.data.table import create_tables
from protonet.errors import DataError, StorageError, UsageError
from tests.data.tables import FORMATS, TINY, fields_of, numbered, read_path, same, write


@pytest.mark.parametrize("ending", FORMATS)
def test_after_an_error_the_old_one_is_still_there(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"x.{ending}", TINY)
    with pytest.raises(RuntimeError), create_tables(path, force=True) as tables:
        tables.table(None, fields_of(numbered(1))).write(numbered(5))
        raise RuntimeError
    assert same(read_path(path), TINY)
    assert os.listdir(tmp_path) == [f"x.{ending}"]


@pytest.mark.parametrize("ending", FORMATS)
def test_force_replaces_and_its_absence_refuses(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"x.{ending}", TINY)
    with pytest.raises(UsageError) as caught:
        write(path, numbered(5))
    assert str(caught.value) == (
        f"{path}: exists already; give another name, or --force to replace it"
    )
    assert same(read_path(path), TINY)
    write(path, numbered(5), force=True)
    assert same(read_path(path), numbered(5))
    assert os.listdir(tmp_path) == [f"x.{ending}"]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no file grow larger, as on a disk that gets full: Python ignores the signal."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [100, 70_000, 1_500_000, 3_000_000])
@pytest.mark.parametrize("ending", FORMATS)
def test_a_disk_that_gets_full_leaves_nothing(tmp_path: Path, ending: str, size: int) -> None:
    """At the first page, at the first chunk, at a later one, at the last things written."""
    records = {"data": np.random.default_rng(0).integers(0, 256, (4000, 1000), np.uint8)}
    before = os.listdir("/proc/self/fd")
    with files_of_at_most(size), pytest.raises(StorageError) as caught:
        write(tmp_path / f"x.{ending}", records)
    assert str(caught.value) == f"{tmp_path}/x.{ending}: cannot be written: File too large"
    assert os.listdir(tmp_path) == []
    assert os.listdir("/proc/self/fd") == before
    assert same(read_path(write(tmp_path / f"x.{ending}", records)), records)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    for ending in FORMATS:
        with pytest.raises(StorageError) as caught:
            write(tmp_path / "no" / f"x.{ending}", TINY)
        assert str(caught.value) == (
            f"{tmp_path}/no/x.{ending}: cannot be written: the folder {tmp_path}/no does not "
            "exist; make it first"
        )


WRITE_FOR_EVER = """
import sys
import numpy as np
from pathlib import Path
from protonet.data.header import FieldSpec
from protonet.data.table import create_tables

with create_tables(Path(sys.argv[1])) as tables:
    writer = tables.table("train", [FieldSpec(name="data", dtype="uint8", shape=(1000,))])
    for number in range(10**9):
        writer.write({"data": np.zeros((500, 1000), np.uint8)})
        if number == 10:
            print("at work", flush=True)
"""


@pytest.mark.parametrize("ending", FORMATS)
def test_a_killed_writer_leaves_no_dataset_and_the_next_one_cleans_up(
    tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"x.{ending}"
    command = [sys.executable, "-c", WRITE_FOR_EVER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        with pytest.raises(UsageError), create_tables(path):
            pass  # a second writer leaves the living one's files alone
        process.send_signal(signal.SIGKILL)
    (left,) = os.listdir(tmp_path)
    assert left.endswith(".partial")
    with pytest.raises(DataError) as caught:
        open_dataset(path)
    assert str(caught.value) == f"{path}: there is no such dataset"
    assert same(read_path(write(path, TINY)), TINY)
    assert os.listdir(tmp_path) == [f"x.{ending}"]
