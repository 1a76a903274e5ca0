"""`protonet gradcheck`: a net's gradients against finite differences, without data."""

from __future__ import annotations

import argparse
import json
import math
import sys
from typing import TYPE_CHECKING

from protonet.cli.arguments import add_overrides, add_plugins, add_spec
from protonet.cli.looking import add_format, add_phase, lines_width
from protonet.cli.numbers import axis_size, whole_number
from protonet.cli.terminal import Terminal
from protonet.errors import UsageError

if TYPE_CHECKING:
    from protonet.debug.gradcheck_report import Report

HELP = "compare a net's gradients with finite differences, layer by layer and as a whole"
EXAMPLE = """\
protonet gradcheck configs/mnist.yaml
protonet gradcheck configs/mnist.yaml --layer conv1 --elements 200
protonet gradcheck my_net.yaml --phase test --batch-size 3 --axis T=8 --format json"""

WRONG = 1
"""Exit code where a gradient is wrong: the spec is sound and the command was carried out (2 would
say they are not), and what it was asked for does not hold."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_spec(parser)
    add_overrides(parser)
    add_plugins(parser)
    add_phase(parser)
    parser.add_argument("--layer", metavar="NAME", help="check this layer alone")
    parser.add_argument("--batch-size", metavar="N", help="samples in a batch (default: 2)")
    parser.add_argument(
        "--axis",
        metavar="NAME=SIZE",
        action="append",
        default=[],
        help="size of another named axis of the inputs (default: 4)",
    )
    parser.add_argument(
        "--elements",
        metavar="COUNT",
        default="8",
        help="elements of each tensor that are moved one by one, taken at random (default: 8);"
        " then all are moved together",
    )
    parser.add_argument(
        "--tolerance",
        metavar="ERROR",
        default="1e-4",
        help="largest relative error (default: 1e-4)",
    )
    parser.add_argument(
        "--epsilon", metavar="STEP", default="1e-6", help="step of a difference (default: 1e-6)"
    )
    parser.add_argument(
        "--seed",
        metavar="NUMBER",
        default="0",
        help="random numbers follow from it (default: 0)",
    )
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print the comparison, and name what is wrong."""
    from protonet.debug.gradcheck_text import fault_lines, report_data, report_lines

    report = _checked(options)
    if options.format == "json":
        print(json.dumps(report_data(report), indent=2, ensure_ascii=False))
    else:
        print("\n".join(report_lines(report, lines_width())))
    sys.stdout.flush()
    for line in fault_lines(report):
        print(f"error: {line}", file=sys.stderr)
    return 0 if report.is_right else WRONG


def _checked(options: argparse.Namespace) -> Report:
    from protonet.debug.gradcheck import What, gradcheck
    from protonet.debug.gradcheck_slopes import Options
    from protonet.run.loading import load
    from protonet.schema import located

    sizes = dict(axis_size(word) for word in options.axis)
    if options.batch_size is not None:
        sizes["N"] = whole_number("--batch-size", options.batch_size)
    how = Options(
        _positive("--epsilon", options.epsilon),
        _positive("--tolerance", options.tolerance),
        whole_number("--elements", options.elements),
        whole_number("--seed", options.seed, least=0),
    )
    spec = load(options.spec, options.overrides, allow_plugins=options.allow_plugins)
    terminal = Terminal(sys.stderr)
    try:
        with located(spec):
            what = What(options.phase, options.layer, sizes)
            return gradcheck(spec, what, how, terminal.status)
    finally:
        terminal.status("")


def _positive(option: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if 0 < number < 1:
        return number
    raise UsageError(f'{option} "{text}": a number between 0 and 1 is needed')
