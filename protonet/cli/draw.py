"""`protonet draw`: a picture of a net."""

from __future__ import annotations

import argparse
from pathlib import Path

from protonet.cli.arguments import add_overrides, add_plugins, add_spec
from protonet.cli.looking import add_phase
from protonet.errors import UsageError

HELP = "draw a net"
EXAMPLE = """\
protonet draw configs/mnist.yaml lenet.svg
protonet draw configs/mnist.yaml lenet.png --phase deploy --rankdir LR
protonet draw net.yaml net.svg --collapse 1"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_spec(parser)
    parser.add_argument(
        "out", metavar="OUT", type=Path, help="the picture to make: .svg, .png, .pdf or .dot"
    )
    add_overrides(parser)
    add_phase(parser)
    parser.add_argument(
        "--collapse",
        metavar="DEPTH",
        nargs="?",
        const="0",
        help="draw each block as one box; with DEPTH, show what is in so many levels of blocks",
    )
    parser.add_argument(
        "--rankdir",
        choices=("TB", "LR"),
        default="TB",
        help="from top to bottom, or from left to right (default: TB)",
    )
    add_plugins(parser)


def run(options: argparse.Namespace) -> int:
    """Draw, and say what was made."""
    from protonet.look.dot import dot_text
    from protonet.look.forms import prove_net
    from protonet.look.picture import picture
    from protonet.look.render import check_drawing, write_drawing
    from protonet.run.loading import load
    from protonet.schema import located

    depth = _depth(options.collapse)
    check_drawing(options.out)
    spec = load(options.spec, options.overrides, allow_plugins=options.allow_plugins)
    with located(spec):
        proved = prove_net(spec.net, options.phase)
    title = f"{spec.net.name or spec.run_name}, phase {options.phase}"
    drawn = picture(proved, title, depth)
    write_drawing(dot_text(drawn, options.rankdir), options.out)
    print(f"made {options.out}: {len(drawn.boxes)} boxes, {len(drawn.arrows)} arrows")
    return 0


def _depth(text: str | None) -> int | None:
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    raise UsageError(f'--collapse "{text}": a whole number is needed')
