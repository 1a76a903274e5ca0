"""CIFAR-10 quick and ResNet-20, batch 100: images/s of protonet and of its peers, in turn.

usage: [PROTONET_DATA=../shared/reference/data] python -m benchmarks.train_cifar quick|resnet20
           [PEER ...] [--rounds 7] [--iterations 200] [--display 20] [--threads N]
peers: ram, ram-channels-last, ram-compiled, ram-channels-last-compiled, loader and, where it is
       installed, keras (the default); loader-2-workers
       (benchmarks/peers/cifar_peers.py)

50,000 records of CIFAR-10's form: the 4,000 real ones of $PROTONET_DATA/cifar10_binary again and
again where that is set, else random ones. protonet is the command itself, on the nets of
configs/nets: from its LMDB, shuffled, with log, metrics and TensorBoard on; once as it is, and once
with `solver.tune: auto`, which tells what it chose, and is told that the training has 64,000
iterations, as ResNet-20's has in its paper: in a short one it would not try compilation. The peers
have the records in RAM and are the nets as one writes them in PyTorch. Each measurement is a
process of its own; the first iterations, tuning and compilation are not counted.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.training import (
    PROTONET,
    ROOT,
    Length,
    Measure,
    in_turn,
    peer,
    print_best,
    print_medians,
    trained,
    with_threads,
)
from protonet.data.header import FieldSpec
from protonet.data.table import create_tables

COUNT, IMAGE = 50_000, (3, 32, 32)
TUNED = f"{PROTONET} tuned"
NETS = {"quick": ("cifar10_quick", 0.001), "resnet20": ("resnet20_cifar10", 0.1)}
"""The spec of each net, and its base_lr."""
WHOLE = 64_000
"""Iterations of ResNet-20's training in its paper, of which the beginning is measured."""
HAND_WRITTEN = ["ram", "ram-channels-last", "ram-compiled", "ram-channels-last-compiled", "loader"]
CAFFE = {"Caffe, recorded elsewhere": 100 / 0.143}
"""Images/s of CIFAR-10 quick, forward and backward alone, on 2 cores of an AMD EPYC."""
SPEC = """\
net: {net}
data:
  train:
    source: {source}
    batch_size: 100
    shuffle: true
    transform: {{mean: [125.3, 122.9, 113.8], scale: 0.00390625}}
solver: {{base_lr: {lr}, momentum: 0.9, weight_decay: 0.0001, max_iter: 1, random_seed: 1}}
"""

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


def records() -> tuple[Images, Labels]:
    """Return images and labels."""
    folder = os.environ.get("PROTONET_DATA")
    if folder is None:
        print("random records of CIFAR-10's form")
        generator = np.random.default_rng(0)
        images = generator.integers(0, 256, (COUNT, *IMAGE), np.uint8)
        return images, generator.integers(0, 10, COUNT)
    file = Path(folder) / "cifar10_binary" / "data_batch_1_first4000.bin"
    print(f"the real records of {file}, again and again")
    rows = np.resize(np.fromfile(file, np.uint8).reshape(-1, 1 + 3 * 32 * 32), (COUNT, 3073))
    return rows[:, 1:].reshape(COUNT, *IMAGE), rows[:, 0].astype(np.int64)


def prepare(folder: Path, net: str) -> Path:
    """Write the records for protonet and for the peers; return the spec."""
    images, labels = records()
    np.save(folder / "images.npy", images)
    np.save(folder / "labels.npy", labels)
    fields = [
        FieldSpec(name="data", dtype="uint8", shape=IMAGE),
        FieldSpec(name="label", dtype="int64", shape=()),
    ]
    with create_tables(folder / "cifar.lmdb") as tables:
        tables.table("train", fields, channels="RGB").write({"data": images, "label": labels})
    name, lr = NETS[net]
    spec = folder / f"{net}.yaml"
    file = ROOT / "configs" / "nets" / f"{name}.yaml"
    spec.write_text(SPEC.format(net=file, source=folder / "cifar.lmdb/train", lr=lr), "utf-8")
    return spec


def measured(net: str, folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """Return the medians of all."""
    spec = prepare(folder, net)
    length, threads = Length(options.iterations, options.display), with_threads(options.threads)
    beginning = replace(length, whole=WHOLE)
    measures: dict[str, Measure] = {
        PROTONET: partial(trained, spec, length, threads),
        TUNED: partial(trained, spec, beginning, ["solver.tune=auto", *threads]),
    }
    for name in options.peers:
        more = ("--net", net, "--data", str(folder))
        measures[name] = partial(peer, "cifar_peers.py", name, options.iterations, *more)
    return in_turn(measures, options.rounds)


def main() -> None:
    """Measure one net, then print every median and its ratio to protonet's."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("net", choices=sorted(NETS))
    parser.add_argument("peers", nargs="*")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, help="of all (default: the cores at hand)")
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--display", type=int, default=20, metavar="ITERATIONS")
    options = parser.parse_args()
    installed = ["keras"] if importlib.util.find_spec("keras") else []
    options.peers = options.peers or [*HAND_WRITTEN, *installed]
    with tempfile.TemporaryDirectory() as folder:
        medians = measured(options.net, Path(folder), options)
    caffe = CAFFE if options.net == "quick" else {}
    print_medians(medians, caffe)
    print_best(medians, "ram", 0.97)
    if options.net == "quick":
        print_best(medians, "loader", 1.4)
    print_best(medians, "keras", 2.0)
    print_best({**caffe, **medians}, "Caffe", 2.0)


if __name__ == "__main__":
    main()
