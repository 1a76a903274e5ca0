"""Seconds and memory that reading Caffe's files takes: ResNet-20 and weights of 244 MB.

usage: python benchmarks/import_caffe.py [--rounds 5] [--folder DIR]

The files are made by an export to Caffe of `configs/nets`, with random weights: ResNet-20, and
AlexNet, whose caffemodel has the size of VGG's convolutions. ResNet-20 is imported as a user would:
the whole command, in turn with `import torch` in a process of its own. AlexNet's weights are read
into a net that is there, in turn with reading the bytes of the file; its import is the whole
command, too, which ends when the weights are on the disk as safetensors. Memory is the largest
that a process held beyond what it held before it read. The best of the rounds counts: the machine
may be shared. The file is in the page cache.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from protonet.caffe.writing.caffemodel import write_caffemodel
from protonet.caffe.writing.net import write_net
from protonet.caffe.writing.text import text_of
from protonet.net import Net
from protonet.schema import load_spec

ROOT = Path(__file__).resolve().parent.parent
NETS = ROOT / "configs" / "nets"
MIB = 1 << 20

READ_BYTES = """
import sys, time
began = time.perf_counter()
open(sys.argv[2], "rb").read()
print(time.perf_counter() - began, 0)
"""
READ_WEIGHTS = """
import resource, sys, time
from pathlib import Path
from protonet.net import Net
from protonet.schema import load_spec
from protonet.snapshot import load_weights
from protonet.snapshot.weight_files import read_weights
net = Net(load_spec(sys.argv[1]).net, "deploy", channels_last=False)
read_weights(Path(sys.argv[3]))  # imports what it needs
held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
own = sum(tensor.numel() * 4 for tensor in net.named_tensors().values()) / 1024
began = time.perf_counter()
load_weights(net, sys.argv[2])
took = time.perf_counter() - began
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held + own)
"""


def make(name: str, folder: Path) -> tuple[Path, Path]:
    """Write the prototxt and the caffemodel of a net of ours; return both."""
    spec = load_spec(NETS / f"{name}.yaml")
    net = Net(spec.net, "deploy", channels_last=False)
    made = write_net(spec.net, {"deploy": net}, {"deploy": 1}, name=name)
    prototxt, caffemodel = (folder / f"{name}.{ending}" for ending in ("prototxt", "caffemodel"))
    prototxt.write_text(text_of(made.message))
    write_caffemodel(caffemodel, name, made.stored(net.named_tensors()))
    return prototxt, caffemodel


def seconds(arguments: list[str]) -> float:
    """Return how long a fresh interpreter takes."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def told(program: str, *arguments: str) -> tuple[float, float]:
    """Return the seconds and KiB that a program prints."""
    command = [sys.executable, "-c", program, *arguments]
    found = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    took, held = map(float, found.stdout.split())
    return took, held


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where the files go (default: a new one)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(dir=options.folder) as place:
        small, large = (make(name, Path(place)) for name in ("resnet20_cifar10", "alexnet"))
        imports = {
            name: ["-m", "protonet", "import", *map(str, files), "--out", f"{place}/{name}"]
            for name, files in (("ResNet-20", small), ("AlexNet", large))
        }
        torchs, commands, reads, loads = [], dict[str, list[float]](), [], []
        for _ in range(options.rounds):
            torchs.append(seconds(["-c", "import torch"]))
            for name, command in imports.items():
                commands.setdefault(name, []).append(seconds([*command, "--force"]))
            reads.append(told(READ_BYTES, "", str(large[1])))
            loads.append(
                told(READ_WEIGHTS, str(NETS / "alexnet.yaml"), str(large[1]), str(small[1]))
            )
        size = large[1].stat().st_size
    beyond = min(commands["ResNet-20"]) - min(torchs)
    read, load = min(reads)[0], min(loads)[0]
    memory = max(held for _, held in loads) * 1024
    print(
        f"import torch {min(torchs):.2f} s; protonet import of ResNet-20 {beyond:.2f} s beyond it"
    )
    print(f"AlexNet's caffemodel: {size / MIB:.0f} MiB, read in {read:.3f} s")
    print(f"its weights in a net: {load:.3f} s, {load / read:.2f} times the reading")
    print(f"memory, the net's own included: {memory / size:.2f} times the size of the file")
    print(f"protonet import of AlexNet, the whole command: {min(commands['AlexNet']):.2f} s")


if __name__ == "__main__":
    main()
