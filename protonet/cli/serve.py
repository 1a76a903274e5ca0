"""`protonet serve`: a trained net that answers over HTTP."""

from __future__ import annotations

import argparse
import math
import sys
from typing import TYPE_CHECKING

from protonet.cli.arguments import add_plugins
from protonet.cli.models import (
    add_machine,
    add_model,
    add_output,
    add_preparing,
    add_weights,
    asked_of,
    number_of,
    workers_of,
)
from protonet.cli.terminal import Terminal
from protonet.errors import UsageError

if TYPE_CHECKING:
    from protonet.serve.limits import Limits

HELP = "answer over HTTP what a trained net says of pictures"
EXAMPLE = """\
protonet serve runs/flowers/1
protonet serve zoo://resnet18 --port 0
protonet serve deploy.prototxt --weights net.caffemodel --transform '[{type: Mean, value: 120}]'
curl -F image=@photo.jpg http://127.0.0.1:8000/predict?top=3"""

_LARGEST_PORT = 65535
_LONGEST_WAIT = 10_000.0
"""Milliseconds."""
_LONGEST = 3600.0
"""Seconds."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_model(parser)
    add_weights(parser)
    parser.add_argument(
        "--host",
        metavar="ADDRESS",
        default="127.0.0.1",
        help="the address to listen at; 0.0.0.0 lets other machines in (default: 127.0.0.1)",
    )
    parser.add_argument(
        "--port",
        metavar="N",
        default="8000",
        help="the port to listen at, 0 for any that is free (default: 8000)",
    )
    add_output(parser)
    group = parser.add_argument_group("how pictures are read")
    add_preparing(group)
    add_machine(group)
    _add_batches(parser)
    _add_limits(parser)
    add_plugins(parser)


def _add_batches(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how they are gathered")
    group.add_argument(
        "--batch-size",
        metavar="N",
        default="16",
        help="most pictures that go through the net at once (default: 16)",
    )
    group.add_argument(
        "--max-wait",
        metavar="MS",
        default="5",
        help="milliseconds that a picture waits for others to go with (default: 5)",
    )


def _add_limits(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is refused")
    for option, default, text in (
        ("--queue", "256", "more pictures at work at once than N: 503 (default: 256)"),
        ("--max-bytes", "32000000", "a request of more bytes: 413 (default: 32000000)"),
        ("--max-pixels", "50000000", "a picture of more pixels: 413 (default: 50000000)"),
        ("--max-values", "65536", "to tell more numbers of a blob (default: 65536)"),
    ):
        group.add_argument(option, metavar="N", default=default, help=text)
    group.add_argument(
        "--timeout",
        metavar="SECONDS",
        default="30",
        help="a request that takes longer to come: 408, or to be answered: 504 (default: 30)",
    )


def run(options: argparse.Namespace) -> int:
    """Answer until Ctrl-C or SIGTERM, and then what is still running."""
    from protonet.serve.extra import check_extra

    check_extra()
    from protonet.run.serving import Place, serve_model

    place = Place(options.host, _port(options.port), options.output, options.resize)
    asked, limits = asked_of(options), _limits(options)
    serve_model(options.model, asked, place, limits, Terminal(sys.stdout))
    return 0


def _limits(options: argparse.Namespace) -> Limits:
    from protonet.serve.limits import Limits

    limits = Limits(
        batch_size=number_of("--batch-size", options.batch_size),
        max_wait=_decimal("--max-wait", options.max_wait, 0.0, _LONGEST_WAIT) / 1000,
        queue=number_of("--queue", options.queue),
        max_bytes=number_of("--max-bytes", options.max_bytes),
        max_pixels=number_of("--max-pixels", options.max_pixels),
        max_values=number_of("--max-values", options.max_values),
        timeout=_decimal("--timeout", options.timeout, 0.1, _LONGEST),
        threads=workers_of(options, beside_net=True),
    )
    if limits.queue < limits.batch_size:
        raise UsageError(
            f"--queue {limits.queue}: a batch of --batch-size {limits.batch_size} never fills"
        )
    return limits


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else -1
    if not 0 <= number <= _LARGEST_PORT:
        raise UsageError(f'--port "{text}": a number from 0 to {_LARGEST_PORT} is needed')
    return number


def _decimal(option: str, text: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:  # which NaN is not
        raise UsageError(f'{option} "{text}": a number from {least:g} to {most:g} is needed')
    return number
