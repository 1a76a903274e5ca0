"""TensorBoard's own page over the folders of runs."""

from __future__ import annotations

import socket
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from protonet.errors import UsageError

_EVENTS = "*tfevents*"
"""What TensorBoard takes for an event file."""
_PORT, _TRIED = 6006, 10
"""The first port that is tried, TensorBoard's own, and how many after it."""


def check_runs(path: Path) -> None:
    """Refuse a folder that there is nothing to see in.

    Raises: UsageError saying what is missing.
    """
    if not path.is_dir():
        why = "is no folder" if path.exists() else "no such folder"
        raise UsageError(f"{path}: {why}; runs are kept in the folder that training was started in")
    if next(path.rglob(_EVENTS), None) is None:
        raise UsageError(
            f"{path}: no run in it has an event file; train one first: protonet train SPEC "
            "(without tensorboard: false)"
        )


def serve(path: Path, host: str, port: int | None) -> str:
    """Serve TensorBoard's page from threads of this process; return its address.

    Args:
        path: a run, or a folder of runs.
        host: the address to listen at; 0.0.0.0 lets other machines in.
        port: the port; 0 for any free one; None for 6006, or the next free one.

    Raises: UsageError if there is nothing to see, or it cannot listen there.
    """
    from tensorboard import program

    check_runs(path)
    listened = free_port(host, port)
    arguments = ["--logdir", str(path), "--host", host, "--port", str(listened)]
    board: Any = program.TensorBoard()
    board.configure(argv=["protonet board", *arguments, "--load_fast", _fast()])
    address: str = board.launch()
    return address


def free_port(host: str, port: int | None) -> int:
    """Return a port that can be listened at; TensorBoard's server would end the process.

    Raises: UsageError saying why none can.
    """
    ports = range(_PORT, _PORT + _TRIED) if port is None else [port]
    why = ""
    for number in ports:
        try:
            family, *_, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, socket.SOCK_STREAM) as tried:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tried.bind(address)
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
        else:
            return number
    shown = f"{ports[0]} to {ports[-1]}" if len(ports) > 1 else f"{ports[0]}"
    raise UsageError(f"cannot listen at {host}, port {shown}: {why}")


def _fast() -> str:
    """Return whether TensorBoard's quick reader is installed; asked to find out by itself, it says
    so at every start."""
    return "false" if find_spec("tensorboard_data_server") is None else "true"
