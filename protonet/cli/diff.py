"""`protonet diff`: what differs between two specs, whatever they are written like."""

from __future__ import annotations

import argparse
import json

from protonet.cli.arguments import add_plugins

HELP = "show what differs between two specs, after expansion and defaults"
EXAMPLE = """\
protonet diff configs/nets/resnet50.yaml configs/nets/resnet101.yaml
protonet diff configs/mnist.yaml runs/mnist_lenet/1/spec.yaml --format json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("first", metavar="A", help="a YAML file")
    parser.add_argument("second", metavar="B", help="the file it is compared with")
    add_plugins(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Print one line for each difference; none is no error."""
    from protonet.look.difference import differences, facts_of
    from protonet.net import prove_phases
    from protonet.run.loading import load
    from protonet.schema import located

    facts = []
    for path in (options.first, options.second):
        spec = load(path, allow_plugins=options.allow_plugins)
        with located(spec):
            prove_phases(spec.net)
        facts.append(facts_of(spec))
    found = differences(*facts)
    if options.format == "json":
        rows = [
            {"path": one.path, "kind": one.kind, "before": one.before, "after": one.after}
            for one in found
        ]
        print(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        print("\n".join(map(str, found)) or "no difference")
    return 0
