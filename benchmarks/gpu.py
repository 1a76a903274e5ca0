"""Training on a GPU: ResNet-50 and LeNet beside bare loops, and whether the host waits in a step.

usage: python -m benchmarks.gpu [resnet50] [lenet] [waits] [--rounds 7] [--iterations 200]
           [--display 50] [--batch N] [--side 224] [--tiny]

resnet50   bf16, channels_last, compiled, batch 256, random records of 3 x 224 x 224, beside a bare
           loop over one batch that lies on the GPU; wanted: 0.98 of its speed.
lenet      batch 64, compile: reduce-overhead (CUDA graphs), random records of MNIST's form, beside
           the plain loop; wanted: 5 times its speed.
waits      one window of LeNet's steps between two displays in torch's profiler: every call with
           which the host waits for the device is listed, and every line that torch says waits;
           wanted: none.

protonet is the command itself, reading an LMDB in the background, with log, metrics and TensorBoard
on. `--tiny` makes all small and works without a GPU: it shows that the benchmark runs, no more.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from benchmarks.training import (
    PROTONET,
    ROOT,
    Length,
    in_turn,
    peer,
    print_best,
    print_medians,
    succeed,
    trained,
)
from protonet.data.header import FieldSpec
from protonet.data.table import create_tables

SPEC = """\
net: {net}
data:
  train: {{source: {source}, batch_size: {batch}, shuffle: true, transform: {{scale: 0.004}}}}
solver: {{base_lr: 0.001, momentum: 0.9, weight_decay: 0.0001, max_iter: 1, random_seed: 1}}
"""
TRACE = """
import sys, warnings
import torch
import protonet.solver
from protonet.cli import main
step, traced, places = protonet.solver.Solver.step, [], []
first, last = int(sys.argv[1]), int(sys.argv[2])
gpu = torch.cuda.is_available()
kinds = torch.profiler.ProfilerActivity
def noted(message, category, filename, line, *rest):
    places.append(f"{filename}:{line}: {message}")
def profiled(self):
    if self.iteration == first:
        if gpu:
            torch.cuda.set_sync_debug_mode("warn")
            warnings.simplefilter("always")
            warnings.showwarning = noted
        activities = [kinds.CPU, kinds.CUDA] if gpu else [kinds.CPU]
        traced.append(torch.profiler.profile(activities=activities))
        traced[0].__enter__()
    if self.iteration == last:
        traced[0].__exit__(None, None, None)
        if gpu:
            torch.cuda.set_sync_debug_mode("default")
    return step(self)
protonet.solver.Solver.step = profiled
code = main(sys.argv[4:])
waits = sys.argv[3].split(",")
for event in traced[0].events():
    if event.name in waits:
        print("wait:", event.name)
for place in places:
    print("wait:", place)
sys.exit(code)
"""
WHAT = ("resnet50", "lenet", "waits")
WAITS = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize")
"""Calls with which the host waits for the device. A copy to or from memory that is not pinned ends
in the first of them."""
READS = ("aten::_local_scalar_dense",)
"""A number is read out of a tensor: all that can be seen without a GPU. Those of a step are of
tensors that lie on the host on a GPU run too: the labels, which are checked there, and the number
of the update."""


@dataclass(frozen=True, slots=True)
class Case:
    """A net that is trained.

    Attributes:
        net: its spec, in configs/nets.
        peer: the bare loop.
        image: shape of one record.
        classes: number of them.
        batch: records in a batch.
        changes: to the solver.
        wanted: protonet's speed, in that of the peer.
    """

    net: str
    peer: str
    image: tuple[int, int, int]
    classes: int
    batch: int
    changes: tuple[str, ...]
    wanted: float


def cases(options: argparse.Namespace) -> Mapping[str, Case]:
    """Return what can be measured."""
    image = (3, options.side, options.side)
    fast = ("solver.precision=bf16", "solver.channels_last=true", "solver.compile=true")
    graphs = ("solver.compile=reduce-overhead",)
    batches = (8, 16) if options.tiny else (options.batch or 256, options.batch or 64)
    return {
        "resnet50": Case("resnet50", "resnet50", image, 1000, batches[0], fast, 0.98),
        "lenet": Case("lenet", "lenet", (1, 28, 28), 10, batches[1], graphs, 5.0),
    }


def prepare(folder: Path, case: Case) -> Path:
    """Write random records, four batches at least, and the spec; return the spec."""
    generator = np.random.default_rng(0)
    count = 4 * case.batch
    images = generator.integers(0, 256, (count, *case.image), np.uint8)
    fields = [
        FieldSpec(name="data", dtype="uint8", shape=case.image),
        FieldSpec(name="label", dtype="int64", shape=()),
    ]
    place = folder / f"{case.net}.lmdb"
    with create_tables(place) as tables:
        labels = generator.integers(0, case.classes, count)
        table = tables.table("train", fields, channels="BGR" if case.image[0] == 3 else "gray")
        table.write({"data": images, "label": labels})
    spec = folder / f"{case.net}.yaml"
    net = ROOT / "configs" / "nets" / f"{case.net}.yaml"
    spec.write_text(SPEC.format(net=net, source=place / "train", batch=case.batch), "utf-8")
    return spec


def compare(case: Case, options: argparse.Namespace) -> None:
    """Measure protonet and the bare loop in turn, and print the ratio."""
    length = Length(options.iterations, options.display)
    more = ["--batch", str(case.batch), "--side", str(options.side)]
    with tempfile.TemporaryDirectory() as folder:
        spec = prepare(Path(folder), case)
        medians = in_turn(
            {
                PROTONET: partial(trained, spec, length, [*case.changes, *resized(case)]),
                case.peer: partial(peer, "gpu_peers.py", case.peer, options.iterations, *more),
            },
            options.rounds,
        )
    print_medians(medians)
    print_best(medians, case.peer, case.wanted)


def resized(case: Case) -> list[str]:
    """Return what makes the net take smaller images, where it is to."""
    side = case.image[1]
    if case.net != "resnet50" or side == 224:
        return []
    shape = f"net.inputs.data.shape=[{', '.join(map(str, case.image))}]"
    return [shape, "net.layers.pool5.kernel_size=1"]


def look_for_waits(case: Case, options: argparse.Namespace) -> None:
    """Trace a window of steps between two displays, and print each wait."""
    first, last = 2 * options.display + 2, 3 * options.display - 1
    waits = WAITS if torch.cuda.is_available() else READS
    length = Length(2 * options.display, options.display)
    with tempfile.TemporaryDirectory() as folder:
        spec = prepare(Path(folder), case)
        program = [sys.executable, "-c", TRACE, str(first), str(last), ",".join(waits)]
        command = ["train", str(spec), "--run", str(Path(folder) / "run"), *length.changes()]
        told = succeed([*program, *command]).splitlines()
    found = [line for line in told if line.startswith("wait: ")]
    for line in dict.fromkeys(found):
        print(f"{found.count(line):5d} x {line}")
    steps = last - first
    if torch.cuda.is_available():
        print(f"{len(found)} waits in {steps} steps between two displays; wanted: none")
    else:
        print(f"{len(found)} numbers read in {steps} steps; on a GPU only waits are counted")


def chosen(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options."""
    parser.add_argument("what", nargs="*", choices=[*WHAT, []])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--display", type=int, default=50, metavar="ITERATIONS")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args(arguments)
    if options.tiny:
        options.rounds, options.iterations, options.display, options.side = 1, 20, 10, 32
    elif not torch.cuda.is_available():
        parser.error("there is no GPU here; --tiny shows that the benchmark runs")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options = chosen(parser, sys.argv[1:] if arguments is None else arguments)
    what = options.what or WHAT
    known = cases(options)
    print(torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU: a self-test")
    for name in what:
        print(f"\n{name}")
        if name == "waits":
            look_for_waits(known["lenet"], options)
        else:
            compare(known[name], options)


if __name__ == "__main__":
    main()
