"""`protonet board`: TensorBoard on the runs."""

from __future__ import annotations

import argparse
import contextlib
import threading
from pathlib import Path

HELP = "show runs in TensorBoard"
EXAMPLE = """\
protonet board
protonet board runs/mnist_lenet/3 --port 7000
protonet board --host 0.0.0.0"""

_LARGEST_PORT = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "runs",
        metavar="RUNS",
        nargs="?",
        type=Path,
        default=Path("runs"),
        help="a run, or a folder of runs (default: runs)",
    )
    parser.add_argument(
        "--port",
        metavar="N",
        type=_port,
        help="the port to listen at, 0 for any that is free (default: 6006, or the next free one)",
    )
    parser.add_argument(
        "--host",
        metavar="ADDRESS",
        default="localhost",
        help="the address to listen at; 0.0.0.0 lets other machines in (default: localhost)",
    )


def run(options: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    from protonet.run.board.page import serve

    address = serve(options.runs, options.host, options.port)
    print(f"{options.runs} in TensorBoard: {address}   (Ctrl-C ends it)", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    return 0


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else -1
    if not 0 <= number <= _LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"{text}: a port is a number from 0 to {_LARGEST_PORT}")
    return number
