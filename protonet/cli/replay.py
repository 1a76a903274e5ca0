"""`protonet replay`: the step at which a loss or gradient was not finite, once more, on the CPU."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from protonet.cli.arguments import add_plugins
from protonet.cli.looking import add_format, lines_width

HELP = "repeat the step that ended a run because something was not finite"
EXAMPLE = """\
protonet replay runs/mnist_lenet/1/replay_iter_123
protonet replay runs/mnist_lenet/1/replay_iter_123 --format json"""

NOT_REPRODUCED = 1
"""Exit code where all is finite here: the command was carried out, and does not show the fault."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="replay_iter_… of a run")
    add_plugins(parser)
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print every layer's output and every gradient in numbers, and what was not finite first."""
    from protonet.debug.printed import printed
    from protonet.run.machine import memory_errors
    from protonet.run.replay_text import replay_data, replay_lines
    from protonet.run.replaying import replay_step

    with memory_errors(), printed(lambda line: None):
        outcome = replay_step(options.folder, allow_plugins=options.allow_plugins)
    if options.format == "json":
        print(json.dumps(replay_data(outcome), indent=2, ensure_ascii=False))
    else:
        print("\n".join(replay_lines(outcome, lines_width())))
    return 0 if outcome.own.is_reproduced else NOT_REPRODUCED
