"""Every layer type, forward and backward, beside the obvious torch expression of the same thing.

usage: python -m benchmarks.layers [--only TYPE ...] [--seconds 1.0] [--rounds 11] [--threads 2]
           [--channels-last] [--processor-time]

The expressions are those of benchmarks/layer_cases.py, on the same numbers and parameters; what
both give is compared before it is timed. A round runs the layer and the expression one after the
other, in changing order, and often enough to be measured; the ratio is the median of the rounds'
ratios. Layers that no gradient goes through are timed forward. Above 1.1 a ratio is marked.

Where others use the machine, the wall clock measures them too: `--processor-time --threads 1
--rounds 31` counts what this process computes, and nothing else.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
import yaml
from torch import nn

from benchmarks.layer_cases import CASES, OMITTED, Case, Expression
from protonet.layers import LAYERS
from protonet.layers.record import Blob, Setting

ALLOWED = 1.1
Tops = tuple[torch.Tensor, ...]
Run = Callable[[], object]
Clock = Callable[[], float]


def layer_of(case: Case, bottoms: Sequence[torch.Tensor]) -> nn.Module:
    """Return the layer, its parameters filled with small random numbers."""
    kind = LAYERS[case.type]
    params = kind.params.model_validate(yaml.safe_load(f"{{{case.keys}}}"))
    blobs = [Blob(tuple(bottom.shape), bottom.dtype) for bottom in bottoms]
    layer = kind.build(params, blobs, Setting(tops=case.tops)).train()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.uniform_(-0.1, 0.1)
    return layer


def laid(tensor: torch.Tensor, channels_last: bool) -> torch.Tensor:
    """Return a leaf in the memory format asked for."""
    if channels_last and tensor.dim() == 4:
        tensor = tensor.contiguous(memory_format=torch.channels_last)
    return tensor.requires_grad_(tensor.is_floating_point())


class Written(nn.Module):
    """An expression as the module that a user of torch makes of it.

    Args:
        expression: what it computes.
        layer: whose parameters it uses.
    """

    def __init__(self, expression: Expression, layer: nn.Module) -> None:
        super().__init__()
        self.expression, self.layer = expression, layer

    def forward(self, *bottoms: torch.Tensor) -> Any:
        """Return what the expression gives."""
        return self.expression(self.layer, *bottoms)


def tuple_of(given: Any) -> Tops:
    """Return the tops of a layer or an expression."""
    return tuple(given) if isinstance(given, tuple | list) else (given,)


def runs(case: Case, channels_last: bool) -> tuple[Run, Run]:
    """Return what runs the layer once, and what runs the expression once."""
    torch.manual_seed(1)
    bottoms = [laid(tensor, channels_last) for tensor in case.bottoms()]
    layer = layer_of(case, bottoms)
    written = Written(case.expression, layer)
    for parameter in layer.parameters():
        parameter.data = laid(parameter.detach(), channels_last).detach()
    ours: Run = lambda: layer(*bottoms)  # noqa: E731  # one line each, side by side
    theirs: Run = lambda: written(*bottoms)  # noqa: E731
    tops, expected = tuple_of(ours()), tuple_of(theirs())
    if case.is_exact:
        for one, other in zip(tops, expected, strict=True):
            torch.testing.assert_close(one, other.to(one.dtype), rtol=1e-3, atol=1e-4)
    learning = [top.requires_grad for top in tops]
    leaves = [leaf for leaf in (*bottoms, *layer.parameters()) if leaf.requires_grad]
    if not any(learning):
        return without_gradient(ours), without_gradient(theirs)
    return with_gradient(ours, learning, leaves), with_gradient(theirs, learning, leaves)


def without_gradient(run: Run) -> Run:
    """Return the forward alone."""

    def forward() -> object:
        with torch.no_grad():
            return run()

    return forward


def with_gradient(run: Run, learning: Sequence[bool], leaves: Sequence[torch.Tensor]) -> Run:
    """Return forward and backward, from gradients of 1 at each top that has one."""
    found = [top for top, learns in zip(tuple_of(run()), learning, strict=True) if learns]
    slopes = [torch.ones_like(top) for top in found]

    def both() -> object:
        tops = [top for top, learns in zip(tuple_of(run()), learning, strict=True) if learns]
        return torch.autograd.grad(tops, leaves, slopes, allow_unused=True)

    return both


def seconds(run: Run, times: int, clock: Clock) -> float:
    """Return the seconds of one run, the mean of so many."""
    began = clock()
    for _ in range(times):
        run()
    return (clock() - began) / times


def measured(case: Case, options: argparse.Namespace) -> tuple[float, float, float]:
    """Return the median seconds of the layer and of the expression, and the median ratio."""
    pair = runs(case, options.channels_last)
    clock = time.process_time if options.processor_time else time.perf_counter
    for run in pair:
        seconds(run, 3, clock)  # warm up
    once = max(1e-6, min(seconds(run, 3, clock) for run in pair))
    times = max(1, int(options.seconds / (2 * options.rounds * once)))
    found: list[tuple[float, float]] = []
    for number in range(options.rounds):
        order = (0, 1) if number % 2 else (1, 0)
        both = {place: seconds(pair[place], times, clock) for place in order}
        found.append((both[0], both[1]))
    ours, theirs = (statistics.median(side) for side in zip(*found, strict=True))
    return ours, theirs, statistics.median(one / other for one, other in found)


def main() -> None:
    """Measure one type after the other, and print a line for each case."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", metavar="TYPE", choices=sorted({*LAYERS}))
    parser.add_argument("--seconds", type=float, default=1.0, help="per case")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--processor-time", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    wanted = options.only or [*LAYERS]
    cases = [case for case in CASES if case.type in wanted]
    print(f"torch {torch.__version__}, {options.threads} threads, microseconds, medians")
    print(f"{'layer':34s} {'protonet':>10s} {'torch':>10s} {'ratio':>7s}")
    slow = 0
    for case in sorted(cases, key=lambda one: one.type.lower()):
        ours, theirs, ratio = measured(case, options)
        mark = "" if ratio <= ALLOWED else f"  above {ALLOWED}"
        slow += ratio > ALLOWED
        print(
            f"{case.title:34s} {ours * 1e6:10,.1f} {theirs * 1e6:10,.1f} {ratio:7.2f}{mark}",
            flush=True,
        )
    print(f"\n{len(cases)} measured, {slow} above {ALLOWED}")
    for name in sorted({*wanted} - {case.type for case in CASES}, key=str.lower):
        print(f"not measured: {name}: {OMITTED.get(name, 'benchmarks/layer_cases.py has no case')}")


if __name__ == "__main__":
    main()
