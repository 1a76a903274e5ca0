"""`protonet summary`: a net in numbers, before any data is there."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from protonet.cli.arguments import add_named_spec, add_overrides, add_plugins
from protonet.cli.looking import add_format, add_phase, lines_width
from protonet.cli.models import add_weights
from protonet.cli.numbers import axis_size, whole_number
from protonet.cli.terminal import Terminal

if TYPE_CHECKING:
    from protonet.net import Net
    from protonet.schema import Spec
    from protonet.snapshot import WeightsReport
    from protonet.spec.state import Phase

HELP = "show a net's layers: shapes, parameters, multiply-adds, memory"
EXAMPLE = """\
protonet summary configs/mnist.yaml
protonet summary configs/mnist.yaml --batch 256 net.layers.ip1.num_output=1000
protonet summary deploy.prototxt --weights net.caffemodel
protonet summary configs/mnist.yaml --phase deploy --format json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_named_spec(parser)
    add_overrides(parser)
    add_plugins(parser)
    add_weights(parser, "say whether these weights fit: ")
    add_phase(parser)
    parser.add_argument(
        "--batch", metavar="N", help="samples in a batch (default: those of data.train, else 1)"
    )
    parser.add_argument(
        "--axis",
        metavar="NAME=SIZE",
        action="append",
        default=[],
        help="size of another named axis of the inputs (default: 100)",
    )
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print the summary; weights that leave something random end it with an error."""
    from protonet.look.summary import summarise
    from protonet.look.summary_text import summary_data, summary_lines
    from protonet.run.whole import check_whole, fit_data, fit_lines
    from protonet.schema import located

    sizes = dict(axis_size(word) for word in options.axis)
    if options.batch is not None:
        sizes["N"] = whole_number("--batch", options.batch)
    spec = _spec(options)
    with located(spec):
        summary = summarise(spec, options.phase, sizes)
    fit = _fit(spec, options.phase, options.weights) if options.weights else None
    if options.format == "json":
        data = {**summary_data(summary), **({"weights": fit_data(fit[1])} if fit else {})}
        print(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        lines = summary_lines(summary, lines_width())
        print("\n".join([*lines, *(["", *fit_lines(fit[1])] if fit else [])]))
    if fit:
        check_whole(*fit)
    return 0


def _spec(options: argparse.Namespace) -> Spec:
    from protonet.run.named import load_named

    named = load_named(options.spec, options.overrides, allow_plugins=options.allow_plugins)
    return named.spec


def _fit(spec: Spec, phase: Phase, weights: str) -> tuple[Net, WeightsReport]:
    """Load weights, and return the net with what became of each parameter."""
    from protonet.net import Net
    from protonet.run.machine import memory_errors
    from protonet.run.pulling import pulling
    from protonet.schema import located
    from protonet.zoo.find import load_weights

    with memory_errors():
        with located(spec):
            net = Net(spec.net, phase)
        return net, load_weights(net, weights, pulling(Terminal(sys.stderr)))
