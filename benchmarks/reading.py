"""Reading raw records, shuffled: images/s, records/s and the time to a first batch, in turn.

usage: PROTONET_DATA=../shared/reference/data python benchmarks/reading.py [SECTION ...]
           [--rounds 5] [--seconds 2] [--images 5000] [--folder FOLDER] [--only CONTESTANT ...]

sections, all of them where none is named:

    images      256 x 256 x 3 uint8, random crop of 224 and mirror, batches of 256: the photos of
                $PROTONET_DATA/photos, repeated; against a memcpy of the batch's bytes on one
                thread, torch's DataLoader over an LMDB with a key for each record, without and with
                two workers, and of WebDataset, LitData and FFCV those that are installed
                (benchmarks/peers/reading_peers.py says how each is asked)
    records     MNIST, 28 x 28 uint8 and an int64 label, batches of 64; against that DataLoader
    compressed  the images in HDF5, gzip and shuffled bytes, read in order and in random order of
                blocks; against what zlib alone decompresses of them
    first       ten million records of 64 bytes and a label: seconds from opening to the first
                shuffled batch, memory of its own, chunks touched

Data are written once to FOLDER, a temporary one that goes again where none is given. Each
measurement is a process of its own that reads an epoch before it measures, so that the page cache
is warm and every checksum was verified. It takes eight batches in turn with eight of the yardstick,
the first of its section, so that both meet the same machine: the ratios are medians of what each
process saw, by the clock, and by the time that the processor gave (which leaves out workers).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import h5py
import lmdb
import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from protonet.data.header import FieldSpec
from protonet.data.idx import read_idx
from protonet.data.open import open_dataset
from protonet.data.order import Order
from protonet.data.reader import Reader
from protonet.data.table import create_tables
from protonet.transforms import Context, build_pipeline, read_transform
from protonet.windows.plain import WindowFunction

SIDE, CROP = 256, 224
BATCH, SMALL_BATCH = 256, 64
DIGIT = (1, 28, 28)
MANY, WIDTH = 10_000_000, 64
PEERS = {"webdataset": "webdataset", "litdata": "litdata", "ffcv": "ffcv"}
SECTIONS = ("images", "records", "compressed", "first")


def write_images(folder: Path, count: int) -> None:
    """Write photos, scaled, as an array, our two datasets, and an LMDB with a key for each."""
    photos = sorted((Path(os.environ["PROTONET_DATA"]) / "photos").rglob("*.jpg"))
    scaled = [
        np.asarray(Image.open(photo).convert("RGB").resize((SIDE, SIDE))).transpose(2, 0, 1)
        for photo in photos
    ]
    images = np.stack(list(islice(cycle(scaled), count)))
    np.save(folder / "images.npy", images)
    write_ours(folder, "images", images, np.arange(count))
    write_by_key(folder / "images_by_key.lmdb", images, np.arange(count))
    with h5py.File(folder / "images.h5") as stored, h5py.File(folder / "zip.h5", "w") as file:
        stored.copy("protonet", file)
        for name in ("data", "label"):
            array = stored[name]
            file.create_dataset(
                name,
                data=array[()],
                maxshape=array.maxshape,
                chunks=array.chunks,
                compression="gzip",
                compression_opts=1,
                shuffle=True,
            )


def write_records(folder: Path) -> None:
    """Write MNIST as our two datasets, and as an LMDB with a key for each record."""
    source = Path(os.environ["PROTONET_DATA"]) / "mnist"
    images = read_idx(source / "train-images-idx3-ubyte.gz").reshape(-1, *DIGIT)
    labels = read_idx(source / "train-labels-idx1-ubyte.gz").astype(np.int64)
    write_ours(folder, "digits", images, labels)
    write_by_key(folder / "digits_by_key.lmdb", images, labels)


def write_ours(folder: Path, name: str, images: np.ndarray, labels: np.ndarray) -> None:
    """Write our two datasets."""
    fields = [
        FieldSpec(name="data", dtype="uint8", shape=images.shape[1:]),
        FieldSpec(name="label", dtype="int64", shape=()),
    ]
    for ending in (".lmdb", ".h5"):
        with create_tables(folder / f"{name}{ending}") as tables:
            tables.table(None, fields).write({"data": images, "label": labels})


def write_by_key(path: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """Write an LMDB with a key for each record: its label, then its pixels."""
    with (
        lmdb.open(str(path), map_size=1 << 34) as environment,
        environment.begin(write=True) as transaction,
    ):
        for index, (image, label) in enumerate(zip(images, labels, strict=True)):
            transaction.put(b"%08d" % index, label.tobytes() + image.tobytes())


def write_many(folder: Path) -> None:
    """Write ten million small records."""
    fields = [
        FieldSpec(name="data", dtype="uint8", shape=(WIDTH,)),
        FieldSpec(name="label", dtype="int64", shape=()),
    ]
    part = 100_000
    data = np.random.default_rng(0).integers(0, 256, (part, WIDTH), np.uint8)
    for ending in (".lmdb", ".h5"):
        with create_tables(folder / f"many{ending}") as tables:
            table = tables.table(None, fields)
            for first in range(0, MANY, part):
                table.write({"data": data, "label": np.arange(first, first + part)})


class ByKey(TorchDataset[tuple[torch.Tensor, int]]):
    """A record's pixels, cropped and mirrored by chance where asked for, and its label."""

    def __init__(self, path: Path, shape: tuple[int, ...], crop: int) -> None:
        self._path, self._shape, self._crop = path, shape, crop
        self._transaction: lmdb.Transaction | None = None
        with lmdb.open(str(path), readonly=True, lock=False) as environment:
            self._count = environment.stat()["entries"]

    def __len__(self) -> int:
        """Return the number of records."""
        return int(self._count)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        """Return image and label of one record."""
        if self._transaction is None:  # in the worker: an environment does not survive a fork
            options = {"readonly": True, "lock": False, "readahead": False}
            self._transaction = lmdb.open(str(self._path), **options).begin()
        value = bytes(self._transaction.get(b"%08d" % index) or b"")
        image = np.frombuffer(value, np.uint8, offset=8).reshape(self._shape)
        if self._crop:
            top, left = np.random.randint(0, self._shape[1] - self._crop + 1, 2)
            image = image[:, top : top + self._crop, left : left + self._crop]
            if np.random.rand() < 0.5:
                image = image[..., ::-1]
        return torch.from_numpy(image.copy()), int.from_bytes(value[:8], "little")


def loader(
    name: str, shape: tuple[int, ...], size: int, workers: int, folder: Path
) -> Iterator[int]:
    """Yield the size of each batch of torch's DataLoader, for ever."""
    records = ByKey(folder / f"{name}_by_key.lmdb", shape, CROP if shape[1] > CROP else 0)
    batches = DataLoader(
        records, size, shuffle=True, num_workers=workers, persistent_workers=workers > 0
    )
    while True:
        for images, _ in batches:
            yield len(images)


def ours(name: str, size: int, background: bool, crop: bool, folder: Path) -> Iterator[int]:
    """Yield the size of each batch of protonet's reader, for ever."""
    dataset = open_dataset(folder / name)
    windows: dict[str, WindowFunction] = {}
    if crop:
        context = Context(shape=(3, SIDE, SIDE), training=True, seed=1)
        pipeline = build_pipeline(read_transform({"crop_size": CROP, "mirror": True}), context)
        cutting = pipeline.cutting(channels_reversed=False)
        if cutting is not None and cutting.windows is not None:
            windows["data"] = cutting.windows
    with Reader(
        dataset,
        size,
        Order(len(dataset), True, 1),
        fields={"data": "data", "label": "label"},
        endless=True,
        background=background,
        windows=windows,
        depth=2 if crop else 16,
    ) as reader:
        for batch in reader:
            yield len(batch.arrays["data"])


def memcpy(folder: Path) -> Iterator[int]:
    """Yield the size of a batch after each copy of its bytes, on one thread."""
    source = np.ones((BATCH, 3, CROP, CROP), np.uint8)
    target = np.zeros_like(source)
    while True:
        np.copyto(target, source)
        yield BATCH


def peer(name: str, folder: Path) -> Iterator[int]:
    """Yield the size of each batch of another library."""
    sys.path.insert(0, str(Path(__file__).parent / "peers"))
    batches: Iterator[int] = importlib.import_module("reading_peers").BATCHES[name](folder)
    return batches


def compressed(folder: Path, *, alone: bool) -> Iterator[int]:
    """Yield the records of each chunk of the compressed file, decompressed by zlib alone; or those
    of batches that are read in order through protonet."""
    if not alone:
        dataset = open_dataset(folder / "zip.h5")
        fields = {"data": "data"}
        order = Order(len(dataset), shuffle=False)
        for batch in Reader(dataset, SMALL_BATCH, order, fields=fields, endless=True):
            yield len(batch.arrays["data"])
    with h5py.File(folder / "zip.h5") as file:
        array = file["data"].id
        places = [array.get_chunk_info(k) for k in range(array.get_num_chunks())]
        per_chunk = file["data"].chunks[0]
    content = np.memmap(folder / "zip.h5", np.uint8, "r")
    while True:
        for place in places:
            zlib.decompress(content[place.byte_offset : place.byte_offset + place.size].data)
            yield per_chunk


CONTESTANTS: dict[str, dict[str, Callable[[Path], Iterator[int]]]] = {
    "images": {
        "memcpy": memcpy,
        "lmdb": partial(ours, "images.lmdb", BATCH, False, True),
        "hdf5": partial(ours, "images.h5", BATCH, False, True),
        "lmdb, background": partial(ours, "images.lmdb", BATCH, True, True),
        "loader": partial(loader, "images", (3, SIDE, SIDE), BATCH, 0),
        "loader, 2 workers": partial(loader, "images", (3, SIDE, SIDE), BATCH, 2),
        **{name: partial(peer, name) for name in PEERS},
    },
    "records": {
        "lmdb": partial(ours, "digits.lmdb", SMALL_BATCH, False, False),
        "hdf5": partial(ours, "digits.h5", SMALL_BATCH, False, False),
        "lmdb, background": partial(ours, "digits.lmdb", SMALL_BATCH, True, False),
        "loader": partial(loader, "digits", DIGIT, SMALL_BATCH, 0),
    },
    "compressed": {
        "zlib": partial(compressed, alone=True),
        "hdf5": partial(compressed, alone=False),
    },
}
YARDSTICKS = {
    section: next(iter(contestants.values())) for section, contestants in CONTESTANTS.items()
}
TURN = 8
"""Batches that a contestant takes before the yardstick takes as many."""
EPOCH = {"images": 5_000, "records": 60_000, "compressed": 5_000}


def anonymous() -> int:
    """Return the KiB of memory that belong to this process alone and to no file."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))


def rate(section: str, name: str, folder: Path, seconds: float) -> dict[str, float]:
    """Return records/s after an epoch that warms up, the processor's share, MiB of memory."""
    torch.set_num_threads(1)
    batches = CONTESTANTS[section][name](folder)
    next(batches)
    before, done = anonymous(), 0
    while done < EPOCH[section]:
        done += next(batches)
    yardstick = YARDSTICKS[section](folder)
    next(yardstick)
    own, other = Spent(), Spent()
    while own.seconds < seconds:
        own.of(batches)
        other.of(yardstick)
    return {
        "rate": own.done / own.seconds,
        "cores": own.worked / own.seconds,
        "ratio": (own.done / own.seconds) / (other.done / other.seconds),
        "per core": (own.done / own.worked) / (other.done / other.worked),
        "MiB": (anonymous() - before) / 1024,
    }


class Spent:
    """The time that batches have taken, by the clock and by the processor."""

    def __init__(self) -> None:
        self.done, self.seconds, self.worked = 0, 0.0, 0.0

    def of(self, batches: Iterator[int]) -> None:
        """Take some batches."""
        began, worked = time.perf_counter(), time.process_time()
        for _ in range(TURN):
            self.done += next(batches)
        self.seconds += time.perf_counter() - began
        self.worked += time.process_time() - worked


def first(name: str, folder: Path) -> dict[str, float]:
    """Return the seconds from opening to the first batch, and what that took of memory."""
    warm = open_dataset(folder / "digits.lmdb")  # what is imported and set up once
    next(
        Reader(
            warm, SMALL_BATCH, Order(len(warm), True, 1), fields={"label": "label"}, endless=True
        )
    )
    before, began = anonymous(), time.perf_counter()
    dataset = open_dataset(folder / f"many.{name}")
    opened = time.perf_counter() - began
    order = Order(len(dataset), True, 1)
    reader = Reader(
        dataset, SMALL_BATCH, order, fields={"data": "data", "label": "label"}, endless=True
    )
    next(reader)
    took, grown = time.perf_counter() - began, anonymous() - before
    for _ in range(500):
        next(reader)
    return {
        "opened": opened,
        "first batch": took,
        "MiB": grown / 1024,
        "MiB after 500": (anonymous() - before) / 1024,
    }


def measured(*what: object) -> dict[str, float]:
    """Return what a process of its own measures."""
    command = [sys.executable, __file__, "--measure", *map(str, what)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def installed(name: str) -> bool:
    """Tell whether a contestant can be measured here."""
    return name not in PEERS or importlib.util.find_spec(PEERS[name]) is not None


def compare(
    section: str, rounds: int, seconds: float, folder: Path, only: list[str] | None
) -> None:
    """Measure a section's contestants in turn; print medians and ratios to the first."""
    yardstick = next(iter(CONTESTANTS[section]))
    asked = [name for name in CONTESTANTS[section] if not only or name in only]
    names = [name for name in asked if installed(name)]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            found[name].append(measured(section, name, folder, seconds))
    medians = {
        name: {key: statistics.median(one[key] for one in each) for key in each[0]}
        for name, each in found.items()
    }
    print(f"\n{section:18s} {'per second':>12s} {'cores':>6s} {'memory':>11s}   times {yardstick}:")
    print(f"{'':51s} by the clock  by the processor")
    for name, one in medians.items():
        print(
            f"{name:18s} {one['rate']:12,.0f} {one['cores']:6.2f} {one['MiB']:+7.1f} MiB"
            f" {one['ratio']:14.3f} {one['per core']:14.3f}"
        )
    left_out = [name for name in asked if name not in names]
    if left_out:
        print(f"not installed: {', '.join(left_out)}")


def first_batches(rounds: int, folder: Path) -> None:
    """Measure how long a first batch of ten million records takes; print medians."""
    print(f"\nfirst batch of {MANY:,} records, shuffled")
    for name in ("lmdb", "h5"):
        each = [measured("first", name, folder, 0) for _ in range(rounds)]
        medians = {key: statistics.median(one[key] for one in each) for key in each[0]}
        print(f"{name:6s}", "  ".join(f"{key} {value:.3f}" for key, value in medians.items()))


def prepare(sections: list[str], folder: Path, images: int) -> None:
    """Write what the sections read and is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    if {"images", "compressed"} & {*sections} and not (folder / "zip.h5").exists():
        write_images(folder, images)
    if {"records", "first"} & {*sections} and not (folder / "digits_by_key.lmdb").exists():
        write_records(folder)
    if "first" in sections and not (folder / "many.h5").exists():
        write_many(folder)


def main() -> None:
    """Compare, or carry out one measurement for a comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sections", nargs="*", metavar="SECTION")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--images", type=int, default=5_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", nargs="+", metavar="CONTESTANT")
    parser.add_argument("--measure", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        section, name, folder, seconds = options.measure
        measure: dict[str, Any] = (
            first(name, Path(folder))
            if section == "first"
            else rate(section, name, Path(folder), float(seconds))
        )
        print(json.dumps(measure))
        return
    sections = options.sections or [*SECTIONS]
    if not {*sections} <= {*SECTIONS}:
        parser.error(f"a section is one of {', '.join(SECTIONS)}")
    folder = options.folder or Path(tempfile.mkdtemp())
    try:
        prepare(sections, folder, options.images)
        for section in sections:
            if section == "first":
                first_batches(options.rounds, folder)
            else:
                compare(section, options.rounds, options.seconds, folder, options.only)
    finally:
        if options.folder is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
