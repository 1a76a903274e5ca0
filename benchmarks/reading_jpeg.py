"""Random windows of JPEGs, scaled to 224 x 224 and mirrored: images/s of protonet and of others.

usage: PROTONET_REFERENCE=../shared/reference python benchmarks/reading_jpeg.py
           [--rounds 5] [--seconds 4] [--copies 25] [--only small|large]

5,000 photos: the 200 of $PROTONET_REFERENCE/data/photos, about 370 x 270 pixels, 25 times each, in
an LMDB that keeps the files' bytes. In turn, each measurement in a process of its own on the cores
that it may use:

    decoder      libjpeg-turbo alone: simplejpeg in a bare loop on every core, whole images
    linear       protonet's reader: RandomResizedCrop with antialias: false, Mirror, batches of
                 256; after a first epoch, whose checksums take a tenth more
    antialiased  the same with antialias: true
    loader       torch's DataLoader with 2 workers: Pillow decodes, cuts, scales (antialiased) and
                 mirrors each image, the usual collation makes the batch

and again with photos of 10 megapixels (40 of the photos, enlarged 10 times, JPEG of quality 90):
protonet with images decoded at the size that a window needs, and with `reduced: false`. Wall clock
and processor time are both told: on a machine that does other work the latter is the steadier.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import simplejpeg
import torch
from PIL import Image, ImageOps
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from protonet.data.decoding import Decoding
from protonet.data.decoding_threads import cores
from protonet.data.encoded_images import EncodedImages
from protonet.data.header import FieldSpec
from protonet.data.open import open_dataset
from protonet.data.order import Order
from protonet.data.reader import Reader
from protonet.data.table import create_tables
from protonet.transforms import Context, build_pipeline, read_transform
from protonet.transforms.areas import Draws
from protonet.transforms.sizing import build_sizing, rest_of

SIDE, BATCH, WORKERS = 224, 256, 2
LARGE_COUNT, ENLARGED, QUALITY = 40, 10, 90
SCALE, RATIO = (0.08, 1.0), (3 / 4, 4 / 3)
SMALL, LARGE = "photos", "large"
TARGETS = (
    ("linear", "decoder", 0.85),
    ("antialiased", "decoder", 0.65),
    ("linear", "loader", 1.3),
    ("antialiased", "loader", 1.3),
    ("large reduced", "large loader", 3.0),
    ("large reduced", "large whole", 3.0),
)
"""(who, compared with whom, at least how many times as fast)."""


def photos(copies: int) -> list[bytes]:
    """Return the photos' files, each several times."""
    folder = Path(os.environ["PROTONET_REFERENCE"]) / "data" / "photos"
    return [file.read_bytes() for file in sorted(folder.glob("*/*.jpg"))] * copies


def enlarged(data: bytes) -> bytes:
    """Return a photo with a hundred times the pixels."""
    with Image.open(io.BytesIO(data)) as image:
        large = image.resize([ENLARGED * side for side in image.size], Image.Resampling.BICUBIC)
    stream = io.BytesIO()
    large.save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()


def prepare(folder: Path, copies: int) -> None:
    """Write the two data sets."""
    small = photos(copies)
    for name, files in ((SMALL, small), (LARGE, [enlarged(one) for one in small[:LARGE_COUNT]])):
        fields = [FieldSpec(name="data", dtype="uint8", shape=None, kind="image")]
        with create_tables(folder / f"{name}.lmdb") as tables:
            table = tables.table(None, fields, channels="RGB")
            for start in range(0, len(files), BATCH):
                some = files[start : start + BATCH]
                shapes = [(3, *simplejpeg.decode_jpeg_header(one)[:2]) for one in some]
                table.write({"data": EncodedImages(some, shapes)})


def files_of(folder: Path, name: str) -> list[bytes]:
    """Return the files of a data set, shuffled."""
    with open_dataset(folder / f"{name}.lmdb") as dataset:
        column = dataset.columns["data"]
        found = [column.encoded(row) for row in range(len(dataset))]  # type: ignore[attr-defined]  # an EncodedColumn
    random.Random(0).shuffle(found)
    return found


def decoder(name: str, folder: Path) -> Iterator[int]:
    """Yield 1 for each image that the bare loops on all cores have decoded, in pieces."""
    files = files_of(folder, name)
    count = cores()
    while True:
        threads = [
            threading.Thread(target=_decode_all, args=(files[number::count],))
            for number in range(count)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        yield len(files)


def _decode_all(files: list[bytes]) -> None:
    for data in files:
        simplejpeg.decode_jpeg(data, "RGB")


def ours(name: str, keys: dict[str, object], folder: Path) -> Iterator[int]:
    """Yield the size of each batch of protonet's reader, for ever."""
    crop = {"type": "RandomResizedCrop", "size": SIDE, "scale": list(SCALE), **keys}
    transform = read_transform([crop, {"type": "Mirror"}])
    dataset = open_dataset(folder / f"{name}.lmdb")
    for row in range(len(dataset)):  # all checksums, as in a first epoch
        dataset.columns["data"].encoded(row)  # type: ignore[attr-defined]  # an EncodedColumn
    shape = dataset[0]["data"].shape
    sizing = build_sizing(transform, Context(shape=shape, training=True, seed=1), (SIDE, SIDE))
    whole = build_pipeline(transform, Context(shape=shape, training=True, seed=1))
    rest = rest_of(sizing, whole)
    assert not rest.on_host
    with Reader(
        dataset,
        min(BATCH, len(dataset)),
        Order(len(dataset), True, 1),
        fields={"data": "data"},
        decodings={"data": Decoding(sizing)},
        endless=True,
    ) as reader:
        for batch in reader:
            yield len(batch.arrays["data"])


class ByPillow(TorchDataset[torch.Tensor]):
    """A sample for each file, made with Pillow in the usual way."""

    def __init__(self, files: list[bytes]) -> None:
        self._files = files

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self._files)

    def __getitem__(self, index: int) -> torch.Tensor:
        """Return a sample, (3, SIDE, SIDE) uint8."""
        with Image.open(io.BytesIO(self._files[index])) as opened:
            image = opened.convert("RGB")
        draws = Draws.of(SCALE, RATIO, random.getrandbits(32), np.zeros(1, np.int64))
        top, left, height, width = draws.box(0, image.height, image.width) or (
            0, 0, image.height, image.width,
        )  # fmt: skip
        box = (left, top, left + width, top + height)
        image = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box)
        if random.random() < 0.5:
            image = ImageOps.mirror(image)
        return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def loader(name: str, folder: Path) -> Iterator[int]:
    """Yield the size of each batch of the DataLoader, for ever."""
    files = files_of(folder, name)
    batches = DataLoader(ByPillow(files), min(BATCH, len(files)), shuffle=True, num_workers=WORKERS)
    while True:
        for images in batches:
            yield len(images)


CONTESTANTS: dict[str, Callable[[Path], Iterator[int]]] = {
    "decoder": partial(decoder, SMALL),
    "linear": partial(ours, SMALL, {"antialias": False}),
    "antialiased": partial(ours, SMALL, {"antialias": True}),
    "loader": partial(loader, SMALL),
    "large decoder": partial(decoder, LARGE),
    "large reduced": partial(ours, LARGE, {"antialias": True}),
    "large whole": partial(ours, LARGE, {"antialias": True, "reduced": False}),
    "large loader": partial(loader, LARGE),
}


def used() -> float:
    """Return the processor seconds of this process and of its ended children."""
    own, others = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def measure(name: str, folder: Path, seconds: float) -> None:
    """Print images/s, and images for each second of the processor, over some seconds after the
    first piece, which warms up."""
    torch.set_num_threads(1)
    batches = CONTESTANTS[name](folder)
    next(batches)
    began, before, done = time.perf_counter(), used(), 0
    while time.perf_counter() - began < seconds:
        done += next(batches)
    wall = time.perf_counter() - began
    del batches  # workers end, and their time counts
    print(json.dumps([done / wall, done / (used() - before)]))


def measured(name: str, folder: Path, seconds: float) -> list[float]:
    """Return what a process of its own measures."""
    command = [sys.executable, __file__, "--measure", name, str(folder), "--seconds", str(seconds)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: list[float] = json.loads(done.stdout)
    return found


def compare(names: list[str], rounds: int, seconds: float, copies: int) -> None:
    """Measure in turn, then print medians and ratios."""
    speeds: dict[str, list[list[float]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), copies)
        for number in range(1, rounds + 1):
            for name, found in speeds.items():
                found.append(measured(name, Path(folder), seconds))
            shown = "  ".join(f"{name} {found[-1][0]:,.0f}" for name, found in speeds.items())
            print(f"round {number}: {shown}", flush=True)
    medians = {
        name: [statistics.median(values) for values in zip(*found, strict=True)]
        for name, found in speeds.items()
    }
    print(f"\n{'':16s} {'images/s':>10s} {'per CPU second':>16s}")
    for name, (wall, processor) in medians.items():
        print(f"{name:16s} {wall:10,.0f} {processor:16,.0f}")
    print()
    for name, other, least in (one for one in TARGETS if one[0] in medians):
        wall, processor = (
            one / two for one, two in zip(medians[name], medians[other], strict=True)
        )
        reached = "reaches" if max(wall, processor) >= least else "MISSES"
        print(
            f"{name} / {other}: {wall:.2f} by the clock, {processor:.2f} by the processor; "
            f"{reached} {least:g}"
        )


def main() -> None:
    """Compare, or carry out one measurement for a comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--copies", type=int, default=25)
    parser.add_argument("--only", choices=("small", "large"))
    parser.add_argument("--measure", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        name, folder = options.measure
        measure(name, Path(folder), options.seconds)
    else:
        large = {"small": (False,), "large": (True,)}.get(options.only, (False, True))
        names = [name for name in CONTESTANTS if name.startswith(LARGE) in large]
        compare(names, options.rounds, options.seconds, options.copies)


if __name__ == "__main__":
    main()
