"""A command in several processes: `--nproc`, and what each process does that it has started."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from protonet.errors import ProcessError, UsageError

Run = Callable[[argparse.Namespace], int]


def add_nproc(parser: argparse.ArgumentParser, text: str) -> None:
    """Declare the option; `text` says what so many processes do."""
    parser.add_argument("--nproc", metavar="N", type=_count, help=text)


def in_processes(
    options: argparse.Namespace, run: Run, again: Callable[[], str] = lambda: ""
) -> int:
    """Run a command in as many processes as are asked for; return the exit code.

    Args:
        options: of the command; `given` are its words.
        run: what each process does.
        again: gives the command that goes on where one was killed; empty where there is none.

    Raises: UsageError for `--nproc` under torchrun; ProcessError with the last words of a process
        that failed.
    """
    from protonet.distributed import launch, place

    if place.is_launched(os.environ):
        return _launched(options, run)
    if options.nproc is not None and place.is_member(os.environ):
        raise UsageError("--nproc starts processes of its own; leave it out under torchrun")
    if options.nproc in (None, 1):
        return run(options)
    command = [sys.executable, "-m", "protonet", *options.given]
    return launch.launch(command, options.nproc, again())


def _launched(options: argparse.Namespace, run: Run) -> int:
    """Be one of the processes that `--nproc` has started."""
    from protonet.distributed import place

    place.end_with_launcher(os.environ)
    try:
        return run(options)
    except ProcessError as error:  # the one that failed says why
        if not place.is_first(os.environ):
            print(error, file=sys.stderr)
        return place.LOST


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is no number of processes, such as 2')
    return int(text)
