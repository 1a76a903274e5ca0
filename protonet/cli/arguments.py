"""Arguments that several commands share."""

from __future__ import annotations

import argparse


def add_spec(parser: argparse.ArgumentParser) -> None:
    """Declare the spec file."""
    parser.add_argument(
        "spec", metavar="SPEC", help="the YAML file, or a net's or solver's .prototxt of Caffe"
    )


def add_named_spec(parser: argparse.ArgumentParser) -> None:
    """Declare the spec: a file, or what a net has that was trained."""
    parser.add_argument(
        "spec",
        metavar="SPEC",
        help="the YAML file, a net's or solver's .prototxt of Caffe, a run or snapshot "
        "(runs/NAME/1), the folder of a model, or zoo://NAME",
    )


def add_overrides(parser: argparse.ArgumentParser) -> None:
    """Declare the overrides, which end the command line."""
    parser.add_argument(
        "overrides",
        metavar="KEY=VALUE",
        nargs="*",
        default=[],  # else argparse calls it required
        help="change a key of the spec: solver.base_lr=0.02, net.layers.conv1.num_output=32",
    )


def add_plugins(parser: argparse.ArgumentParser) -> None:
    """Declare whether plugins of other files may run."""
    parser.add_argument(
        "--allow-plugins",
        action="store_true",
        help="load the plugins that a base or another file names, too: they run code",
    )


def add_strict(parser: argparse.ArgumentParser) -> None:
    """Declare what becomes of warnings."""
    parser.add_argument("--strict", action="store_true", help="warnings are errors")
