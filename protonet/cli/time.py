"""`protonet time`: what each layer of a net costs, forward and backward, and the whole of it."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from protonet.cli.arguments import add_named_spec, add_overrides, add_plugins
from protonet.cli.looking import add_format, add_phase, lines_width
from protonet.cli.models import add_weights, device_name
from protonet.cli.numbers import axis_size, whole_number
from protonet.cli.progress import ProgressBar
from protonet.cli.terminal import Terminal

if TYPE_CHECKING:
    from protonet.debug.timing import Timing
    from protonet.debug.timing_text import Measured
    from protonet.net import Net
    from protonet.schema import Spec
    from protonet.spec.solver import SolverSpec

HELP = "time a net: each layer forward and backward, and the whole of it"
EXAMPLE = """\
protonet time configs/mnist.yaml
protonet time configs/mnist.yaml --batch-size 256 --threads 1 --layout contiguous
protonet time deploy.prototxt --weights net.caffemodel
protonet time configs/mnist.yaml --device cuda --compile --format json"""

_MOST_THREADS = 1024
_LAYOUTS = {"channels_last": True, "contiguous": False}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_named_spec(parser)
    add_overrides(parser)
    add_plugins(parser)
    add_weights(parser, "compute with these weights: ")
    add_phase(parser)
    parser.add_argument(
        "--iterations", metavar="N", default="50", help="passes that are measured (default: 50)"
    )
    parser.add_argument(
        "--batch-size",
        metavar="N",
        help="samples in a batch of random numbers (default: those of data.train, else 1)",
    )
    parser.add_argument(
        "--axis",
        metavar="NAME=SIZE",
        action="append",
        default=[],
        help="size of another named axis of the inputs (default: 100)",
    )
    parser.add_argument(
        "--device", metavar="DEVICE", help="auto, cpu, mps, cuda or cuda:0 (default: as training)"
    )
    parser.add_argument(
        "--threads", metavar="N", help="threads that the CPU computes with (default: as training)"
    )
    parser.add_argument(
        "--layout",
        choices=tuple(_LAYOUTS),
        help="memory format of images inside the net (default: as training)",
    )
    parser.add_argument(
        "--compile", action="store_true", help="time the net as torch.compile makes it, too"
    )
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print the times; how far the measurement is goes to standard error."""
    from protonet.debug.timing_text import timing_data, timing_lines

    what, timing = _measured(options)
    if options.format == "json":
        print(json.dumps(timing_data(what, timing), indent=2, ensure_ascii=False))
    else:
        print("\n".join(timing_lines(what, timing, lines_width())))
    return 0


def _measured(options: argparse.Namespace) -> tuple[Measured, Timing]:
    """Load the spec and measure its net."""
    from protonet.debug.printed import printed
    from protonet.debug.timing import measure_times
    from protonet.debug.timing_inputs import fixed_inputs
    from protonet.debug.timing_text import Measured
    from protonet.look.summary import sizes_of
    from protonet.run.machine import memory_errors
    from protonet.run.precision import arithmetic

    iterations, given = whole_number("--iterations", options.iterations), _sizes(options)
    spec = _spec(options)
    sizes, solver = sizes_of(spec, given), _solver(spec, options)
    with (
        memory_errors(),
        printed(lambda line: None),
        closing(ProgressBar("iterations", Terminal(sys.stderr))) as bar,
    ):
        net, threads = _net(spec, options, solver)
        timing = measure_times(
            net,
            fixed_inputs(net, sizes),
            iterations,
            computing=arithmetic(solver.precision, net.device),
            compiled=options.compile,
            progress=bar,
        )
    name = spec.net.name or spec.run_name
    return Measured.of(name, net, threads, solver.precision), timing


def _spec(options: argparse.Namespace) -> Spec:
    from protonet.run.named import load_named

    named = load_named(options.spec, options.overrides, allow_plugins=options.allow_plugins)
    return named.spec


def _net(spec: Spec, options: argparse.Namespace, solver: SolverSpec) -> tuple[Net, int]:
    """Return the net in its phase, on its device, and the threads of the CPU."""
    from protonet.net import Net
    from protonet.run.heap import keep_freed_memory
    from protonet.run.machine import choose_device, choose_layout, set_threads
    from protonet.run.precision import set_tensor_cores
    from protonet.schema import located

    with located(spec):
        device, threads = choose_device(solver), set_threads(solver)
        keep_freed_memory()
        layout = choose_layout(solver)
        net = Net(spec.net, options.phase, device=device, channels_last=layout)
    set_tensor_cores(solver.precision)
    if options.weights:
        _load(net, options.weights)
    return net, threads


def _load(net: Net, weights: str) -> None:
    """Load weights, and say on standard error what became of them."""
    from protonet.run.pulling import pulling
    from protonet.run.whole import check_whole
    from protonet.zoo.find import load_weights

    terminal = Terminal(sys.stderr)
    report = load_weights(net, weights, pulling(terminal))
    for text in report.lines():
        terminal.line(text)
    check_whole(net, report)


def _solver(spec: Spec, options: argparse.Namespace) -> SolverSpec:
    """Return how the net would be trained, but for what the command line says."""
    from protonet.spec.solver import SolverSpec

    keys = {
        "device": device_name(options.device),
        "threads": options.threads
        and whole_number("--threads", options.threads, most=_MOST_THREADS),
        "channels_last": _LAYOUTS.get(options.layout),
    }
    solver = spec.solver or SolverSpec(base_lr=1, max_iter=1)
    return solver.model_copy(update={key: one for key, one in keys.items() if one is not None})


def _sizes(options: argparse.Namespace) -> dict[str, int]:
    """Return the sizes of named axes that the command line gives."""
    sizes = dict(axis_size(word) for word in options.axis)
    if options.batch_size is not None:
        sizes["N"] = whole_number("--batch-size", options.batch_size)
    return sizes
