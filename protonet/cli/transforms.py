"""`protonet transforms`: the catalogue of what is done to samples."""

from __future__ import annotations

import argparse
import json

from protonet.cli.looking import add_format, lines_width

HELP = "list what can be done to samples, or tell all of one"
EXAMPLE = """\
protonet transforms
protonet transforms RandomResizedCrop
protonet transforms MixUp --format json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "type", metavar="TYPE", nargs="?", help="a transform type; left out: list them all"
    )
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print the list, or one type's page."""
    from protonet.look.transforms import (
        transform_data,
        transform_lines,
        transform_page,
        transform_page_lines,
    )

    if options.format == "json":
        print(json.dumps(transform_data(options.type), indent=2, ensure_ascii=False))
    elif options.type is None:
        print("\n".join(transform_lines(width=lines_width())))
    else:
        print("\n".join(transform_page_lines(transform_page(options.type), lines_width())))
    return 0
