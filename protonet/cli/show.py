"""`protonet show`: a spec with everything written out."""

from __future__ import annotations

import argparse

from protonet.cli.arguments import add_overrides, add_plugins, add_spec

HELP = "show a spec fully expanded: no blocks, no variables, every bottom named"
EXAMPLE = """\
protonet show configs/nets/googlenet.yaml
protonet show configs/mnist.yaml net.layers.conv1.num_output=32 > wider.yaml"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_spec(parser)
    add_overrides(parser)
    add_plugins(parser)


def run(options: argparse.Namespace) -> int:
    """Print YAML that loads again to the same net, wherever it lies."""
    from protonet.net import prove_phases
    from protonet.run.facts import resolved, spec_text
    from protonet.run.loading import load
    from protonet.schema import located

    spec = load(options.spec, options.overrides, allow_plugins=options.allow_plugins)
    with located(spec):
        prove_phases(spec.net)
    print(spec_text(resolved(spec, expanded=True)), end="")
    return 0
