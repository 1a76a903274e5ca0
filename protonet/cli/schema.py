"""`protonet schema`: what an editor needs to complete, explain and check a spec while it is
written."""

from __future__ import annotations

import argparse
from pathlib import Path

from protonet.cli.arguments import add_plugins
from protonet.errors import StorageError

HELP = "write the JSON Schema of the language, for editors"
EXAMPLE = """\
protonet schema --out schema.json
protonet schema my.yaml --out my.schema.json

A spec names the schema in its first line, and VS Code (with the YAML extension) or any editor with
yaml-language-server completes and checks it:

# yaml-language-server: $schema=schema.json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    text = "a spec, whose blocks and plugins the schema then knows; left out: the language alone"
    parser.add_argument("spec", metavar="SPEC", nargs="?", type=Path, help=text)
    parser.add_argument("--out", metavar="FILE", type=Path, help="left out: standard output")
    add_plugins(parser)


def run(options: argparse.Namespace) -> int:
    """Print the schema, or write it to a file."""
    from protonet.editor import language_schema, schema_text
    from protonet.zoo.find import net_file

    found = language_schema(options.spec, allow_plugins=options.allow_plugins, find=net_file)
    text = schema_text(found)
    if options.out is None:
        print(text, end="")
        return 0
    out: Path = options.out
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{out} cannot be written: {error.strerror}") from error
    print(f"made {out}; a spec beside it begins: # yaml-language-server: $schema={out.name}")
    return 0
