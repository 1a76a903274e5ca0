"""Converting photos: images/s of `protonet convert`, against the machine and against Caffe's tool.

usage: PROTONET_DATA=../shared/reference/data python benchmarks/convert.py
           [--rounds 3] [--images 5000] [--workers 2]

The photos of $PROTONET_DATA/photos, copied until there are enough, in class folders. Measured in
turn, each conversion in a process of its own, which also tells the most memory it held:

    decode       what libjpeg-turbo decodes in a bare loop, on one thread and on --workers
    raw          `--resize 256x256`, with 1 worker, one thread in all, and with --workers
    kept         `--encoded`: the files' bytes, checked but not decoded
    cp -r        the folder, copied

Caffe's convert_imageset, single-threaded, made 318 raw images/s and kept 505/s on a machine where
libjpeg-turbo decoded 730/s on one thread; its figures here are those times what is decoded here.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import simplejpeg

from protonet.convert import ConvertOptions, Encoding, convert

SIZE = (256, 256)
CAFFE_DECODED, CAFFE_RAW, CAFFE_KEPT = 730, 318, 505
"""Images/s on one machine: libjpeg-turbo on one thread, convert_imageset, with --encoded."""


def prepare(folder: Path, count: int) -> list[Path]:
    """Copy the photos until there are enough; return their paths."""
    photos = Path(os.environ["PROTONET_DATA"]) / "photos"
    known = sorted(photos.glob("*/*.jpg"))
    paths = []
    for number, photo in enumerate(islice(cycle(known), count)):
        path = folder / photo.parent.name / f"{number:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photo, path)
        paths.append(path)
    return paths


def decode(paths: list[Path], threads: int) -> float:
    """Return images/s of reading and decoding files, and nothing else."""
    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda path: simplejpeg.decode_jpeg(path.read_bytes()).shape, paths):
            pass
    return len(paths) / (time.perf_counter() - began)


def copy(source: Path, place: Path, count: int) -> float:
    """Return images/s of `cp -r`."""
    began = time.perf_counter()
    subprocess.run(["cp", "-r", str(source), str(place / "copy")], check=True)
    rate = count / (time.perf_counter() - began)
    shutil.rmtree(place / "copy")
    return rate


def measure(source: Path, place: Path, kind: str, workers: int) -> None:
    """Convert, and print images/s and the most memory held, in MiB."""
    options = ConvertOptions(resize=SIZE, workers=workers)
    if kind == "kept":
        options = ConvertOptions(encode=Encoding(), workers=workers)
    began = time.perf_counter()
    report = convert(source, place / "out.lmdb", options)
    seconds = time.perf_counter() - began
    shutil.rmtree(place / "out.lmdb")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([report.count / seconds, most]))


def measured(source: Path, place: Path, kind: str, workers: int) -> tuple[float, float]:
    """Return what a process of its own measures: images/s, MiB."""
    words = ["--measure", str(source), str(place), kind, "--workers", str(workers)]
    done = subprocess.run(
        [sys.executable, __file__, *words], check=True, stdout=subprocess.PIPE, text=True
    )
    rate, most = json.loads(done.stdout)
    return rate, most


def compare(rounds: int, count: int, workers: int) -> None:
    """Measure in turn, then print medians, memory and ratios."""
    memory: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        source, place = Path(folder) / "photos", Path(folder)
        paths = prepare(source, count)

        def converted(name: str, kind: str, threads: int) -> float:
            rate, most = measured(source, place, kind, threads)
            memory[name] = max(memory.get(name, 0.0), most)
            return rate

        contestants: dict[str, Callable[[], float]] = {
            "decode, 1 thread": lambda: decode(paths, 1),
            f"decode, {workers} threads": lambda: decode(paths, workers),
            "raw, 1 worker": lambda: converted("raw, 1 worker", "raw", 1),
            f"raw, {workers} workers": lambda: converted(f"raw, {workers} workers", "raw", workers),
            "kept": lambda: converted("kept", "kept", workers),
            "cp -r": lambda: copy(source, place, count),
        }
        print(f"{count} photos, {rounds} rounds in turn")
        speeds: dict[str, list[float]] = {name: [] for name in contestants}
        for number in range(1, rounds + 1):
            for name, run in contestants.items():
                speeds[name].append(run())
            shown = "  ".join(f"{name} {found[-1]:,.0f}" for name, found in speeds.items())
            print(f"round {number}: {shown}", flush=True)
    show({name: statistics.median(found) for name, found in speeds.items()}, memory, workers)


def show(speeds: dict[str, float], memory: dict[str, float], workers: int) -> None:
    """Print medians, memory, and each target with what was reached."""
    for name, rate in speeds.items():
        held = f"  {memory[name]:6.0f} MiB" if name in memory else ""
        print(f"{name:20s} {rate:10,.0f} images/s{held}")
    one, many = speeds["raw, 1 worker"], speeds[f"raw, {workers} workers"]
    caffe = speeds["decode, 1 thread"] / CAFFE_DECODED
    bare = speeds[f"decode, {workers} threads"] / speeds["decode, 1 thread"]
    print(f"{f'decode, {workers} threads over 1':30s} {bare:6.2f}   what this machine gives")
    targets = {
        f"raw, {workers} workers over 1": (many / one, 1.7),
        "raw over Caffe's": (many / (CAFFE_RAW * caffe), 2.0),
        "kept over Caffe's": (speeds["kept"] / (CAFFE_KEPT * caffe), 10.0),
        "kept over cp -r": (speeds["kept"] / speeds["cp -r"], 0.5),
        "500 MB over the most memory": (500e6 / 2**20 / max(memory.values()), 1.0),
    }
    for name, (ratio, wanted) in targets.items():
        verdict = "reached" if ratio >= wanted else "MISSED"
        print(f"{name:30s} {ratio:6.2f}   of {wanted:g}: {verdict}")


def main() -> None:
    """Compare, or carry out one measurement for a comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--measure", nargs=3, metavar=("SRC", "PLACE", "KIND"),
                        help=argparse.SUPPRESS)  # fmt: skip
    options = parser.parse_args()
    if options.measure:
        source, place, kind = options.measure
        measure(Path(source), Path(place), kind, options.workers)
    else:
        compare(options.rounds, options.images, options.workers)


if __name__ == "__main__":
    main()
