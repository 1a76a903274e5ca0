"""`protonet explain PN012`: what the code of an error means."""

from __future__ import annotations

import argparse
import textwrap

from protonet.errors import UsageError
from protonet.problems import CODES

HELP = "explain the code of an error"
EXAMPLE = """\
protonet explain PN012
protonet explain"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "code", metavar="CODE", nargs="?", help="as printed, error[CODE]; left out: list all"
    )


def run(options: argparse.Namespace) -> int:
    """Print one explanation, or the list of codes."""
    if options.code is None:
        print("\n".join(f"{name}  {code.title}" for name, code in CODES.items()))
        return 0
    code = CODES.get(options.code.upper())
    if code is None:
        raise UsageError(f"no error has the code {options.code}; protonet explain lists them all")
    print(f"{options.code.upper()}: {code.title}\n\n{textwrap.fill(code.explanation, 79)}")
    return 0
