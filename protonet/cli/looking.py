"""What the commands that look at nets have in common."""

from __future__ import annotations

import argparse
import shutil
import sys

PHASES = ("train", "test", "deploy")


def add_phase(parser: argparse.ArgumentParser) -> None:
    """Declare which phase of the net is looked at."""
    parser.add_argument(
        "--phase", choices=PHASES, default="train", help="which phase of the net (default: train)"
    )


def add_format(parser: argparse.ArgumentParser) -> None:
    """Declare the form of the output."""
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="form of the output"
    )


def lines_width() -> int | None:
    """Return the width of the terminal; None where the output goes elsewhere, and is not cut."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
