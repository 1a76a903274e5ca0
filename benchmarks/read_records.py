"""Reading MNIST shuffled in batches of 64: records/s of protonet and of a plain DataLoader.

usage: [PROTONET_DATA=../shared/reference/data] python benchmarks/read_records.py
           [--rounds 7] [--epochs 5]

60,000 records of 28 x 28 uint8 and an int64 label: the real ones from $PROTONET_DATA/mnist where
it is set, else random ones of the same form. protonet reads its LMDB and its HDF5, inline as on a
CPU run and in the background as on a GPU run. The loader is torch's DataLoader without workers over
a Dataset that gets each record from an LMDB by its key, as is usual. All in turn, each measurement
in a process of its own, which also tells by how much its anonymous memory grew while it read.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import lmdb
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from protonet.data.header import FieldSpec
from protonet.data.idx import read_idx
from protonet.data.open import open_dataset
from protonet.data.order import Order
from protonet.data.reader import Reader
from protonet.data.table import create_tables

COUNT, BATCH = 60_000, 64
IMAGE = (1, 28, 28)
TARGET = 1_000_000
"""Records/s that reading from LMDB has to reach."""

Arrays = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]


def records() -> tuple[Arrays, str]:
    """Return images, labels and where they are from."""
    if "PROTONET_DATA" in os.environ:
        folder = Path(os.environ["PROTONET_DATA"]) / "mnist"
        images = read_idx(folder / "train-images-idx3-ubyte.gz").reshape(COUNT, *IMAGE)
        labels = read_idx(folder / "train-labels-idx1-ubyte.gz").astype(np.int64)
        return (images, labels), f"the real MNIST from {folder}"
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (COUNT, *IMAGE), np.uint8)
    return (images, generator.integers(0, 10, COUNT)), "random records of MNIST's form"


def prepare(folder: Path, arrays: Arrays) -> None:
    """Write our two datasets, and an LMDB with a key for each record."""
    images, labels = arrays
    fields = [
        FieldSpec(name="data", dtype="uint8", shape=IMAGE),
        FieldSpec(name="label", dtype="int64", shape=()),
    ]
    for name in ("mnist.lmdb", "mnist.h5"):
        with create_tables(folder / name) as tables:
            tables.table("train", fields).write({"data": images, "label": labels})
    with (
        lmdb.open(str(folder / "by_key.lmdb"), map_size=1 << 30) as environment,
        environment.begin(write=True) as transaction,
    ):
        for index, (image, label) in enumerate(zip(images, labels, strict=True)):
            transaction.put(b"%08d" % index, label.tobytes() + image.tobytes())


class ByKey(TorchDataset[tuple[torch.Tensor, int]]):
    """One `get` for each record."""

    def __init__(self, path: Path) -> None:
        environment = lmdb.open(str(path), readonly=True, lock=False, readahead=False)
        self._transaction = environment.begin()

    def __len__(self) -> int:
        """Return the number of records."""
        return COUNT

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        """Return image and label of one record."""
        value = self._transaction.get(b"%08d" % index)
        if value is None:
            raise IndexError(index)
        image = np.frombuffer(value, np.uint8, offset=8).reshape(IMAGE).copy()
        return torch.from_numpy(image), int.from_bytes(value[:8], "little")


def loader(folder: Path) -> Iterator[int]:
    """Yield the size of each batch of the plain DataLoader, for ever."""
    batches = DataLoader(ByKey(folder / "by_key.lmdb"), BATCH, shuffle=True)
    while True:
        for images, _ in batches:
            yield len(images)


def ours(name: str, background: bool, folder: Path) -> Iterator[int]:
    """Yield the size of each batch of protonet's reader, for ever."""
    dataset = open_dataset(folder / name / "train")
    fields = {"data": "data", "label": "label"}
    order = Order(len(dataset), True, 1)
    with Reader(
        dataset, BATCH, order, fields=fields, endless=True, background=background
    ) as reader:
        for batch in reader:
            yield len(batch.arrays["data"])


CONTESTANTS: dict[str, Callable[[Path], Iterator[int]]] = {
    "lmdb": partial(ours, "mnist.lmdb", False),
    "hdf5": partial(ours, "mnist.h5", False),
    "lmdb, background": partial(ours, "mnist.lmdb", True),
    "hdf5, background": partial(ours, "mnist.h5", True),
    "loader": loader,
}


def anonymous() -> int:
    """Return the KiB of memory that belong to this process alone and to no file."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))


def measure(name: str, folder: Path, epochs: int) -> None:
    """Print records/s over some epochs after one that warms up, and how much memory grew."""
    batches = CONTESTANTS[name](folder)
    next(batches)
    before = anonymous()
    for _ in range(COUNT // BATCH):
        next(batches)
    began, done = time.perf_counter(), 0
    while done < epochs * COUNT:
        done += next(batches)
    rate = done / (time.perf_counter() - began)
    print(json.dumps([rate, (anonymous() - before) / 1024]))


def measured(name: str, folder: Path, epochs: int) -> list[float]:
    """Return what a process of its own measures: records/s, MiB."""
    command = [sys.executable, __file__, "--measure", name, str(folder), "--epochs", str(epochs)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: list[float] = json.loads(done.stdout)
    return found


def compare(rounds: int, epochs: int) -> None:
    """Measure in turn, then print medians, memory and ratios."""
    arrays, origin = records()
    print(f"{origin}; shuffled, batches of {BATCH}; {rounds} rounds of {epochs} epochs")
    speeds: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    memory = dict.fromkeys(CONTESTANTS, 0.0)
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), arrays)
        for number in range(1, rounds + 1):
            for name, found in speeds.items():
                rate, grown = measured(name, Path(folder), epochs)
                found.append(rate)
                memory[name] = max(memory[name], grown)
            shown = "  ".join(f"{name} {found[-1]:,.0f}" for name, found in speeds.items())
            print(f"round {number}: {shown}", flush=True)
    base = statistics.median(speeds["loader"])
    print(f"\n{'':18s} {'records/s':>10s} {'best':>10s} {'memory':>11s}")
    for name, found in speeds.items():
        median = statistics.median(found)
        ratio = "" if name == "loader" else f"   {median / base:.1f} x the loader"
        print(f"{name:18s} {median:10,.0f} {max(found):10,.0f} {memory[name]:+7.1f} MiB{ratio}")
    reached = statistics.median(speeds["lmdb"]) >= TARGET
    print(f"\nlmdb {'reaches' if reached else 'MISSES'} the target of {TARGET:,} records/s")


def main() -> None:
    """Compare, or carry out one measurement for a comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--measure", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        name, folder = options.measure
        measure(name, Path(folder), options.epochs)
    else:
        compare(options.rounds, options.epochs)


if __name__ == "__main__":
    main()
