"""`protonet summary`: a net in numbers, before any data is there."""

from __future__ import annotations

import argparse
import json

from protonet.cli.arguments import add_overrides, add_plugins, add_spec
from protonet.cli.looking import add_format, add_phase, lines_width
from protonet.cli.numbers import axis_size, whole_number

HELP = "show a net's layers: shapes, parameters, multiply-adds, memory"
EXAMPLE = """\
protonet summary configs/mnist.yaml
protonet summary configs/mnist.yaml --batch 256 net.layers.ip1.num_output=1000
protonet summary configs/mnist.yaml --phase deploy --format json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_spec(parser)
    add_overrides(parser)
    add_plugins(parser)
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
    """Print the summary."""
    from protonet.look.summary import summarise
    from protonet.look.summary_text import summary_data, summary_lines
    from protonet.run.loading import load
    from protonet.schema import located

    sizes = dict(axis_size(word) for word in options.axis)
    if options.batch is not None:
        sizes["N"] = whole_number("--batch", options.batch)
    spec = load(options.spec, options.overrides, allow_plugins=options.allow_plugins)
    with located(spec):
        summary = summarise(spec, options.phase, sizes)
    if options.format == "json":
        print(json.dumps(summary_data(summary), indent=2, ensure_ascii=False))
    else:
        print("\n".join(summary_lines(summary, lines_width())))
    return 0
