"""Milliseconds per step of Caffe's update rules on ResNet-50's parameters, beside torch's own.

usage: python -m benchmarks.optimizers [RULE ...] [--rounds 15] [--threads N] [--device cpu]
           [--net configs/nets/resnet50.yaml] [--cpu-time]

25.6 million parameters in 162 tensors for the net that is the default. Beside each rule of ours
stands the nearest optimizer of torch.optim: fused where it has such a kernel; the fused one with
what ours do besides, a check of all gradients that holds the update back where one is not finite,
as torch's GradScaler makes it; and foreach. The last column compares like with like the other way
round: our rule without its check beside the bare fused kernel. A round runs each once, on the same
gradients, in turn; the median of the rounds' ratios and the shortest times are printed.
`--cpu-time` counts processor seconds instead of those on the wall: with one thread, on a machine
that others use, they say more.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, optim

from protonet.net import Net
from protonet.optim import OPTIMIZERS, Optimizer, Slot
from protonet.optim.rule import ListRule
from protonet.schema import load_spec

ROOT = Path(__file__).resolve().parent.parent
LR = 1e-4
DECAY: dict[str, Any] = {"weight_decay": 1e-4}
MOMENTUM: dict[str, Any] = {"momentum": 0.9, **DECAY}
OURS: Mapping[str, dict[str, Any]] = {
    "SGD": MOMENTUM,
    "Nesterov": MOMENTUM,
    "AdaGrad": DECAY,
    "RMSProp": {"rms_decay": 0.99, **DECAY},
    "AdaDelta": {"momentum": 0.95, **DECAY},
    "Adam": MOMENTUM,
}
"""The keys of our rules."""
THEIRS: Mapping[str, tuple[Callable[..., optim.Optimizer], dict[str, Any]]] = {
    "SGD": (optim.SGD, MOMENTUM),
    "Nesterov": (optim.SGD, {**MOMENTUM, "nesterov": True}),
    "AdaGrad": (optim.Adagrad, DECAY),
    "RMSProp": (optim.RMSprop, {"alpha": 0.99, **DECAY}),
    "AdaDelta": (optim.Adadelta, {"rho": 0.95, **DECAY}),
    "Adam": (optim.Adam, DECAY),
}
"""The nearest optimizers of torch, and their keys."""
FUSED = frozenset({"SGD", "Nesterov", "AdaGrad", "Adam"})
"""Those that torch has a fused kernel for."""

Step = Callable[[], object]


class Weights:
    """Parameters of a net's shapes and layouts, with gradients.

    Args:
        tensors: whose shapes and layouts.
        seed: of the numbers.
    """

    def __init__(self, tensors: Sequence[Tensor], seed: int) -> None:
        generator = torch.Generator(tensors[0].device).manual_seed(seed)
        self.parameters = [self._like(tensor, generator) for tensor in tensors]
        for parameter in self.parameters:
            parameter.grad = self._like(parameter, generator)
            parameter.requires_grad_()

    def _like(self, tensor: Tensor, generator: torch.Generator) -> Tensor:
        return torch.empty_like(tensor.detach()).normal_(0.0, 0.01, generator=generator)

    def gradients(self) -> list[Tensor | None]:
        """Return the gradients."""
        return [parameter.grad for parameter in self.parameters]


def ours(rule: str, weights: Weights, *, checked: bool = True) -> Step:
    """Return one step of ours, with the check of the gradients that training has, or without."""
    slots = [Slot(str(place), tensor) for place, tensor in enumerate(weights.parameters)]
    kind = OPTIMIZERS[rule]
    optimizer: Optimizer = kind.build(kind.params(**OURS[rule]), slots)
    if not checked:
        assert isinstance(optimizer, ListRule)
        optimizer._way = replace(optimizer._way, check=lambda step, flag: None)
    flag = torch.zeros((), device=weights.parameters[0].device)
    return lambda: optimizer.update(weights.gradients(), LR, flag)


def theirs(rule: str, weights: Weights, way: str) -> Step:
    """Return one step of torch's, `fused` or `foreach`."""
    kind, keys = THEIRS[rule]
    return kind(weights.parameters, lr=LR, **keys, **{way: True}).step


def guarded(rule: str, weights: Weights) -> Step:
    """Return one step of torch's fused kernel, held back where a gradient is not finite."""
    kind, keys = THEIRS[rule]
    optimizer: Any = kind(weights.parameters, lr=LR, **keys, fused=True)
    device = weights.parameters[0].device
    found, one = torch.zeros((), device=device), torch.ones((), device=device)
    optimizer.grad_scale, optimizer.found_inf = None, found  # as torch's GradScaler does

    def step() -> None:
        gradients = [gradient for gradient in weights.gradients() if gradient is not None]
        torch._amp_foreach_non_finite_check_and_unscale_(gradients, found, one)
        optimizer.step()

    return step


def seconds(step: Step, device: torch.device, clock: Callable[[], float]) -> float:
    """Return the seconds of one step."""
    began = clock()
    step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return clock() - began


def measure(rule: str, tensors: Sequence[Tensor], options: argparse.Namespace) -> None:
    """Measure one rule of ours and what there is of torch's, and print a line."""
    clock = time.process_time if options.cpu_time else time.perf_counter
    made: dict[str, Step] = {"protonet": ours(rule, Weights(tensors, 0))}
    if rule in FUSED:
        made["fused"] = theirs(rule, Weights(tensors, 0), "fused")
        made["fused, checked"] = guarded(rule, Weights(tensors, 0))
        made["protonet, unchecked"] = ours(rule, Weights(tensors, 0), checked=False)
    made["foreach"] = theirs(rule, Weights(tensors, 0), "foreach")
    found: dict[str, list[float]] = {name: [] for name in made}
    for step in made.values():
        seconds(step, tensors[0].device, clock)  # warm up
    for _ in range(options.rounds):
        for name, step in made.items():
            found[name].append(seconds(step, tensors[0].device, clock))
    print(f"{rule:10s}{1000 * min(found['protonet']):9.2f} ms", end="")
    for name in ("fused", "fused, checked", "foreach"):
        print(_beside(found["protonet"], found.get(name)), end="")
    print(_beside(found.get("protonet, unchecked", []), found.get("fused")), flush=True)


def _beside(own: Sequence[float], other: Sequence[float] | None) -> str:
    """Return the shortest time of another, and our ratio to it."""
    if other is None:
        return f"{'-':>12s}{'':10s}"
    ratio = statistics.median(one / two for one, two in zip(own, other, strict=True))
    return f"{1000 * min(other):9.2f} ms{ratio:7.2f} x "


def main() -> None:
    """Measure one rule after the other."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rules", nargs="*", metavar="RULE", help=", ".join(OURS))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--net", default=str(ROOT / "configs" / "nets" / "resnet50.yaml"))
    parser.add_argument("--cpu-time", action="store_true")
    options = parser.parse_args()
    if strange := sorted({*options.rules} - OURS.keys()):
        parser.error(f"no such rule: {', '.join(strange)}; there are {', '.join(OURS)}")
    torch.set_num_threads(options.threads)
    net = Net(load_spec(options.net).net, "train", device=options.device)
    tensors = [slot.tensor for slot in net.learnable]
    count = sum(math.prod(tensor.shape) for tensor in tensors)
    clock = "processor" if options.cpu_time else "wall"
    print(f"{count:,} parameters in {len(tensors)} tensors, {options.device}, ", end="")
    print(f"{options.threads} threads, {clock} time; x: protonet's time to theirs")
    columns = ("torch fused", "fused, checked", "foreach", "unchecked to fused")
    heads = "".join(f"{head:>22s}" for head in columns)
    print(f"{'rule':10s}{'protonet':>12s}{heads}")
    for rule in options.rules or OURS:
        measure(rule, tensors, options)


if __name__ == "__main__":
    main()
