"""`protonet check`: a spec is valid, its shapes fit, and it could be trained; nothing is allocated
or trained."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from protonet.cli.arguments import add_overrides, add_plugins, add_spec, add_strict
from protonet.cli.warnings import as_errors, tell, warn
from protonet.errors import SpecError
from protonet.problems import Problem

if TYPE_CHECKING:
    from protonet.net.form import Form
    from protonet.schema import Spec

HELP = "check a spec: its keys, its wiring, the shapes of every layer, and its solver"
EXAMPLE = """\
protonet check configs/mnist.yaml
protonet check configs/mnist.yaml --data --strict
protonet check configs/mnist.yaml net.layers.conv1.num_output=32 --format json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_spec(parser)
    add_overrides(parser)
    parser.add_argument(
        "--data",
        action="store_true",
        help="open the data sets, too: do their fields, shapes and classes fit the net",
    )
    add_strict(parser)
    add_plugins(parser)
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="json: for editors and CI"
    )


def run(options: argparse.Namespace) -> int:
    """Check, and say what was checked; every problem is an error of its own."""
    if options.format == "json":
        return _as_json(options)
    spec, forms, warnings = _checked(options)
    tell(spec.origin.notes)
    warn(warnings, options.spec, strict=options.strict)
    layers = ", ".join(f"{form.layer_count} in {phase}" for phase, form in forms.items())
    print(f"{options.spec}: no error; layers: {layers}")
    return 0


def _checked(options: argparse.Namespace) -> tuple[Spec, dict[str, Form], list[Problem]]:
    """Return a spec, its nets and its warnings.

    Raises: SpecError with everything wrong.
    """
    from protonet.net import prove_phases
    from protonet.run.loading import load
    from protonet.schema import located, warnings_of

    spec = load(options.spec, options.overrides, allow_plugins=options.allow_plugins)
    with located(spec):
        stages = [data.stage for data in spec.data.values() if data.stage]
        forms = prove_phases(spec.net, stages=stages)
        if spec.solver is not None:
            from protonet.run.foreseen import check_training

            check_training(spec)
        data = []
        if options.data:
            from protonet.run.checking import check_data

            data = check_data(spec, forms)
    return spec, forms, [*warnings_of(spec), *data]


def _as_json(options: argparse.Namespace) -> int:
    """Print a list of problems; the exit code says whether one is an error."""
    try:
        _, _, problems = _checked(options)
    except SpecError as error:
        return _print(error.problems)
    return _print(as_errors(problems) if options.strict else problems)


def _print(problems: Sequence[Problem]) -> int:
    print(json.dumps([problem.as_data() for problem in problems], indent=1, ensure_ascii=False))
    wrong = any(problem.severity == "error" for problem in problems)
    return SpecError.exit_code if wrong else 0
