"""`protonet layers`: the catalogue of layer types."""

from __future__ import annotations

import argparse
import json

from protonet.cli.looking import add_format, lines_width

HELP = "list the layer types, or tell all of one"
EXAMPLE = """\
protonet layers
protonet layers Convolution
protonet layers Pooling --format json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "type", metavar="TYPE", nargs="?", help="a layer type; left out: list them all"
    )
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print the list, or one type's page."""
    from protonet.look.catalogue import overview, page
    from protonet.look.catalogue_text import overview_lines, page_data, page_lines

    if options.type is None:
        data: object = overview()
        lines = overview_lines(overview(), lines_width())
    else:
        found = page(options.type)
        data, lines = page_data(found), page_lines(found, lines_width())
    if options.format == "json":
        print(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        print("\n".join(lines))
    return 0
