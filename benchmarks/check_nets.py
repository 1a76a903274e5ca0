"""Seconds that `protonet check` takes by the number of layers, and for ResNet-152.

usage: python benchmarks/check_nets.py [--rounds 5]

Chains of Convolution, BatchNorm, Scale and ReLU: once as a repeated block, once written flat. A
check is measured inside its process, without Python's start and `import torch`, and proves the
shapes in all phases. ResNet-152 is measured as a user would: the whole command, in turn with
`import torch` in a process of its own. The best of the rounds counts: the machine may be shared.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESNET = str(ROOT / "configs" / "nets" / "resnet152.yaml")
SIZES = (500, 1_000, 5_000)
CHECK = """
import sys, time
import protonet.net, protonet.run.checking, protonet.run.loading
from protonet.cli import main
began = time.perf_counter()
code = main(["check", sys.argv[1]])
print(time.perf_counter() - began)
sys.exit(code)
"""
LAYERS = (
    ("conv", "type: Convolution, num_output: 8, kernel_size: 3, pad: 1, bias_term: false"),
    ("bn", "type: BatchNorm"),
    ("scale", "type: Scale, bias_term: true"),
    ("relu", "type: ReLU"),
)
HEAD = "net:\n  inputs: {data: [8, 16, 16]}\n"


def flat(number: int) -> str:
    """Return a net of so many layers, each written out."""
    chain = (
        f"    - {{name: {name}_{index}, {rest}}}\n"
        for index in range(number // len(LAYERS))
        for name, rest in LAYERS
    )
    return HEAD + "  layers:\n" + "".join(chain)


def repeated(number: int) -> str:
    """Return the same net as one block and its uses."""
    inner = "".join(f"        - {{name: {name}, {rest}}}\n" for name, rest in LAYERS)
    use = f"    - {{name: unit, type: unit, repeat: {number // len(LAYERS)}}}\n"
    return f"{HEAD}  blocks:\n    unit:\n      layers:\n{inner}  layers:\n{use}"


def seconds(arguments: list[str]) -> float:
    """Return how long a fresh interpreter takes."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, cwd=ROOT)
    return time.perf_counter() - began


def check(spec: Path) -> float:
    """Return how long a check takes inside a fresh process."""
    told = subprocess.run(
        [sys.executable, "-c", CHECK, str(spec)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return float(told.stdout.split()[-1])


def measure_sizes(folder: Path, rounds: int) -> None:
    """Print seconds by the number of layers, and the time per layer beside the smallest net's."""
    for form, write in (("flat", flat), ("block", repeated)):
        first = 0.0
        for number in SIZES:
            spec = folder / f"{form}_{number}.yaml"
            spec.write_text(write(number), "utf-8")
            best = min(check(spec) for _ in range(rounds))
            first = first or best / number
            each, ratio = 1000 * best / number, best / number / first
            print(
                f"{form:6s}{number:6,d} layers {best:6.2f} s {each:6.2f} ms a layer, × {ratio:.2f}"
            )


def main() -> None:
    """Measure, and print the best of the rounds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        measure_sizes(Path(folder), rounds)
    pairs = [
        (seconds(["-c", "import torch"]), seconds(["-m", "protonet", "check", RESNET]))
        for _ in range(rounds)
    ]
    torch, whole = (min(times) for times in zip(*pairs, strict=True))
    print(f"import torch {torch:.2f} s; check of ResNet-152 {whole:.2f} s, + {whole - torch:.2f} s")


if __name__ == "__main__":
    main()
