"""Readers and the life of processes: their end, their children, their memory."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from protonet.data.open import open_dataset
from tests.data.reading import COUNT, reading
from tests.data.tables import FORMATS, numbered, write

BACKGROUND = pytest.mark.parametrize("background", [False, True], ids=["inline", "background"])


def run(program: str, path: Path) -> str:
    """Run a program beside a dataset; return what it prints, and nothing may go wrong."""
    begin = """
import os, sys, time
from protonet.data.open import open_dataset
from protonet.data.order import Order
from protonet.data.reader import Reader
dataset = open_dataset(sys.argv[1])
def reading(size, background):
    return Reader(dataset, size, Order(len(dataset), True, 3), fields={"data": "data"},
                  endless=True, background=background)
"""
    done = subprocess.run(
        [sys.executable, "-c", begin + program, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("how", ["", "del reader", "os.close(1)", "sys.exit(0)"])
def test_a_process_ends_with_a_reader_open(tmp_path: Path, how: str) -> None:
    path = write(tmp_path / "x.lmdb", numbered(COUNT))
    program = f"reader = reading(5, True)\nnext(reader)\nprint('read', flush=True)\n{how}"
    assert run(program, path) == "read\n"


FORKED = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of fork beside threads
reader = reading(5, True)
for _ in range(20):
    next(reader)
child = os.fork()
found = [next(reader).arrays["data"].sum().item() for _ in range(40)]
os.write(1, f"{child == 0} {found} {reader.position}\\n".encode())
if child:
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.parametrize("ending", FORMATS)
def test_a_forked_child_goes_on_reading_where_the_parent_stood(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"x.{ending}", numbered(COUNT))
    batches = itertools.islice(reading(open_dataset(path), 5, start=20), 40)
    sums = [int(batch.arrays["data"].sum()) for batch in batches]
    lines = sorted(run(FORKED, path).splitlines())
    assert lines == [f"False {sums} 60", f"True {sums} 60"]


MEMORY = """
def anonymous():
    with open("/proc/self/smaps_rollup") as lines:
        return sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))
reader = reading(64, BACKGROUND)
next(reader)
before = most = anonymous()
for number in range(2 * len(dataset) // 64):
    next(reader)
    if number % 16 == 8:
        most = max(most, anonymous())
print(most - before)
"""


@BACKGROUND
@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.skipif(not os.path.exists("/proc/self/smaps_rollup"), reason="Linux tells memory")
def test_reading_200_megabytes_takes_little_memory_of_its_own(
    tmp_path: Path, ending: str, background: bool
) -> None:
    """A block of 16 batches of 64 records of 12,500 bytes would be 12.8 MB, so it is 8 MiB;
    at most three are held (used, ready, being made), and what the allocator keeps."""
    images = {"data": np.zeros((16_000, 1, 12_500), np.uint8)}
    path = write(tmp_path / f"x.{ending}", images)
    grown = int(run(MEMORY.replace("BACKGROUND", str(background)), path))  # KiB
    assert grown < 60 * 1024
