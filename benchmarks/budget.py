"""Training and decoding on the same cores: the automatic division of them, and every fixed one.

usage: PROTONET_REFERENCE=../shared/reference python -m benchmarks.budget
           [--rounds 5] [--iterations 12] [--copies 5]

ResNet-20 on random windows of JPEGs, 32 x 32 pixels, batch 100: the 1,000 photos of
benchmarks/reading_jpeg.py, decoded as they are read. What protonet does on a CPU is to decode a
block of batches on all cores when the first of them is asked for, and to compute on all cores in
between: the cores are never short of work, and never have more threads than they are. Beside it
stand all fixed divisions, decoding on a thread of its own ahead of training: so many threads that
decode, and so many that compute. All run in turn, in one process, from the same weights.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.reading_jpeg import SMALL, prepare
from protonet.data.decoding import Decoding
from protonet.data.decoding_threads import cores
from protonet.data.open import open_dataset
from protonet.data.order import Order
from protonet.data.reader import Reader
from protonet.net import Net
from protonet.run.heap import keep_freed_memory
from protonet.schema import load_spec
from protonet.transforms import Context, read_transform
from protonet.transforms.sizing import build_sizing

NET = Path(__file__).resolve().parent.parent / "configs" / "nets" / "resnet20_cifar10.yaml"
SIDE, BATCH, CLASSES = 32, 100, 10
WITHIN = 0.9
"""The share of the best fixed division that the automatic one has to reach."""


@dataclass(frozen=True)
class Division:
    """How the cores are divided.

    Attributes:
        decoding: threads that decode.
        computing: threads of torch.
        ahead: whether images are decoded on a thread of their own, ahead of training.
    """

    decoding: int
    computing: int
    ahead: bool = True

    def __str__(self) -> str:
        if not self.ahead:
            return "automatic: all cores, by turns"
        return f"{self.decoding} decoding, {self.computing} computing"


def divisions() -> list[Division]:
    """Return the automatic division, and every fixed one."""
    numbers = range(1, cores() + 1)
    fixed = [Division(one, other) for one in numbers for other in numbers]
    return [Division(cores(), cores(), ahead=False), *fixed]


@contextmanager
def batches(folder: Path, division: Division) -> Iterator[Reader]:
    """Read the photos for ever, within the block."""
    transform = read_transform([{"type": "RandomResizedCrop", "size": SIDE}, {"type": "Mirror"}])
    with open_dataset(folder / f"{SMALL}.lmdb") as dataset:
        context = Context(shape=dataset[0]["data"].shape, training=True, seed=1)
        sizing = build_sizing(transform, context, (SIDE, SIDE))
        with Reader(
            dataset,
            BATCH,
            Order(len(dataset), True, 1),
            fields={"data": "data"},
            endless=True,
            background=division.ahead,
            decodings={"data": Decoding(sizing, threads=division.decoding)},
        ) as reader:
            yield reader


def images_per_second(folder: Path, division: Division, iterations: int) -> float:
    """Return the rate of training."""
    torch.set_num_threads(division.computing)
    net = Net(load_spec(NET).net, "train", seed=1)
    rule = torch.optim.SGD([slot.tensor for slot in net.learnable], 0.1, 0.9, fused=True)
    labels = torch.randint(CLASSES, (BATCH,))
    with batches(folder, division) as reader:
        for number in range(2 * iterations):
            if number == iterations:  # the first half warms up, and fills what is read ahead
                began = time.perf_counter()
            images = next(reader).arrays["data"].float().sub_(120).mul_(1 / 64)
            rule.zero_grad()
            net.total_loss(net({"data": images, "label": labels})).backward()
            rule.step()
        return BATCH * iterations / (time.perf_counter() - began)


def compare(folder: Path, options: argparse.Namespace) -> Mapping[Division, Sequence[float]]:
    """Return the rates of all divisions, each measured once in every round."""
    found: dict[Division, list[float]] = {division: [] for division in divisions()}
    for _ in range(options.rounds):
        for division, rates in found.items():
            rates.append(images_per_second(folder, division, options.iterations))
    return found


def main() -> None:
    """Measure, then print every division, the best first, and what the automatic one reaches."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=12)
    parser.add_argument("--copies", type=int, default=5, help="of the 200 photos")
    options = parser.parse_args()
    keep_freed_memory()  # as a training does
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), options.copies)
        found = compare(Path(folder), options)
    medians = {division: statistics.median(rates) for division, rates in found.items()}
    print(f"torch {torch.__version__}, {cores()} cores, images/s, medians of {options.rounds}")
    for division, rate in sorted(medians.items(), key=lambda pair: -pair[1]):
        print(f"{division!s:34s}{rate:8.0f}")
    automatic = next(division for division in medians if not division.ahead)
    best = max((one for one in medians if one.ahead), key=medians.__getitem__)
    ratios = [one / other for one, other in zip(found[automatic], found[best], strict=True)]
    ratio = statistics.median(ratios)
    told = "reaches" if ratio >= WITHIN else "misses"
    print(f"automatic / best fixed ({best}): {ratio:.2f}, {told} {WITHIN}")


if __name__ == "__main__":
    main()
