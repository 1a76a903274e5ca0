"""`protonet layers`: the catalogue of layer types."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from protonet.cli.arguments import add_plugins
from protonet.cli.looking import add_format, lines_width

if TYPE_CHECKING:
    from protonet.layers.record import LayerType

HELP = "list the layer types, or tell all of one"
EXAMPLE = """\
protonet layers
protonet layers Convolution
protonet layers Pooling --format json
protonet layers Maxout --spec configs/plugins/maxout.yaml"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "type", metavar="TYPE", nargs="?", help="a layer type; left out: list them all"
    )
    parser.add_argument(
        "--spec", metavar="SPEC", type=Path, help="a spec, whose plugins' types are known then, too"
    )
    add_plugins(parser)
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print the list, or one type's page."""
    from protonet.layers import LAYERS
    from protonet.look.catalogue import overview, page
    from protonet.look.catalogue_text import overview_lines, page_data, page_lines
    from protonet.plugins import read_with_plugins
    from protonet.zoo.find import net_file

    types: Mapping[str, LayerType] = LAYERS
    if options.spec is not None:
        _, types = read_with_plugins(
            options.spec, LAYERS, allow_plugins=options.allow_plugins, find=net_file
        )
    if options.type is None:
        data: object = overview(types)
        lines = overview_lines(overview(types), lines_width())
    else:
        found = page(options.type, types)
        data, lines = page_data(found), page_lines(found, lines_width())
    if options.format == "json":
        print(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        print("\n".join(lines))
    return 0
