"""`protonet check`: a spec is valid and its shapes fit; nothing is read, allocated or trained."""

from __future__ import annotations

import argparse

from protonet.cli.arguments import add_overrides, add_spec

HELP = "check a spec: its keys, its wiring, and the shapes of every layer"
EXAMPLE = """\
protonet check configs/mnist.yaml
protonet check configs/mnist.yaml net.layers.conv1.num_output=32"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_spec(parser)
    add_overrides(parser)


def run(options: argparse.Namespace) -> int:
    """Check, and say what was checked; every problem is an error of its own."""
    from protonet.net import prove_phases, shape_errors
    from protonet.schema import load_spec, located

    spec = load_spec(options.spec, options.overrides, prove=shape_errors)
    with located(spec):
        stages = [data.stage for data in spec.data.values() if data.stage]
        wirings = prove_phases(spec.net, stages=stages)
    layers = ", ".join(f"{len(wiring.nodes)} in {phase}" for phase, wiring in wirings.items())
    print(f"{options.spec}: no error; layers: {layers}")
    return 0
