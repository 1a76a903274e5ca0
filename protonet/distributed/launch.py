"""Starts the processes of one training on this machine, watches them, and ends them together.

Each process is the command itself, told its place by the variables that `torchrun` sets. torch is
not imported here.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from types import FrameType
from typing import IO, Any

from protonet.distributed.place import LAUNCHER, LOST, SOCKET
from protonet.errors import ProcessError

_HOST = "127.0.0.1"
_LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"
_GRACE_SECONDS = 10.0
"""How long the others may take to notice by themselves that one has ended."""
_TERM_SECONDS = 10.0
"""How long a process may take to end when it is told to."""
_POLL_SECONDS = 0.05
_MOST_SHOWN = 8192
"""Bytes of a process's last words that are shown."""


@dataclass(slots=True)
class _Process:
    """One process; `said` takes its standard error, None for the first, which speaks for itself.

    `ended` is set where it was ended from here.
    """

    rank: int
    popen: subprocess.Popen[bytes]
    said: IO[bytes] | None
    ended: bool = False


@dataclass(slots=True)
class _Job:
    """The processes, and the order in which they failed."""

    processes: list[_Process] = field(default_factory=list)
    failed: list[_Process] = field(default_factory=list)

    def alive(self) -> list[_Process]:
        """Return those that run; note those that have failed since."""
        running = [one for one in self.processes if one.popen.poll() is None]
        for one in self.processes:
            if one.popen.returncode and one not in self.failed:
                self.failed.append(one)
        return running

    def send(self, number: int, ranks: Sequence[_Process]) -> None:
        """Send a signal to some."""
        for one in ranks:
            if one.popen.poll() is None:
                with suppress(ProcessLookupError):
                    one.popen.send_signal(number)


def launch(command: Sequence[str], count: int, again: str) -> int:
    """Run a command as several processes that train together; return the exit code of the job.

    Ctrl-C, SIGTERM and SIGHUP go to the first process, which tells the others; a second Ctrl-C or
    SIGTERM goes to all. When one ends by itself, so do the others.

    Args:
        command: the words of the command.
        count: processes.
        again: the command that goes on where a process was killed; empty where there is none.

    Raises: ProcessError with the last words of the process that failed, if it is not the first: the
        first has spoken for itself.
    """
    job = _Job()
    reading, writing = os.pipe()  # its end tells the processes that this one has gone
    try:
        with _listening() as listener, _forwarding(job):
            _start(job, command, count, (listener, reading))
            os.close(reading)
            reading = -1
            _watch(job)
        return _verdict(job, again)
    finally:
        job.send(signal.SIGKILL, job.processes)
        for one in job.processes:
            one.popen.wait()
            if one.said is not None:
                one.said.close()
        os.close(writing)
        if reading >= 0:
            os.close(reading)


def _start(
    job: _Job, command: Sequence[str], count: int, handed: tuple[socket.socket, int]
) -> None:
    listener, pipe = handed
    port = listener.getsockname()[1]
    for rank in range(count):
        is_first = rank == 0
        said = None if is_first else TemporaryFile()  # noqa: SIM115  # closed by `launch`
        opened = [listener.fileno(), pipe] if is_first else [pipe]
        popen = subprocess.Popen(
            command,
            env=_environment(os.environ, rank, count, (port, listener.fileno(), pipe)),
            stdin=subprocess.DEVNULL,
            stdout=None if is_first else subprocess.DEVNULL,
            stderr=said,
            pass_fds=opened,
            start_new_session=True,  # else Ctrl-C reaches them past `_forwarding`
        )
        job.processes.append(_Process(rank, popen, said))


def _environment(
    own: Mapping[str, str], rank: int, count: int, handed: tuple[int, int, int]
) -> dict[str, str]:
    port, listener, pipe = handed
    return {
        "GLOO_SOCKET_IFNAME": _LOOPBACK,  # the name of this machine may lead nowhere
        **own,
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
        "MASTER_ADDR": _HOST,
        "MASTER_PORT": str(port),
        SOCKET: str(listener),
        LAUNCHER: str(pipe),
    }


@contextmanager
def _listening() -> Iterator[socket.socket]:
    """Open a socket that the first process is handed: a port that is only chosen may be taken by
    another program before it listens."""
    with socket.create_server((_HOST, 0), backlog=128) as made:
        yield made


@contextmanager
def _forwarding(job: _Job) -> Iterator[None]:
    """Hand signals on to the processes within the block."""
    counted: dict[int, int] = {}

    def forward(number: int, frame: FrameType | None) -> None:
        counted[number] = counted.get(number, 0) + 1
        again = counted[number] > 1 and number != signal.SIGHUP
        job.send(number, job.processes if again else job.processes[:1])

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before: dict[int, Any] = {number: signal.signal(number, forward) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch(job: _Job, now: Callable[[], float] = time.monotonic) -> None:
    """Wait until all have ended; when one has failed, the others have not long."""
    since: float | None = None
    while alive := job.alive():
        if job.failed:
            since = now() if since is None else since
            if now() - since > _GRACE_SECONDS + _TERM_SECONDS:
                job.send(signal.SIGKILL, alive)
            elif now() - since > _GRACE_SECONDS and not all(one.ended for one in alive):
                for one in alive:
                    one.ended = True
                job.send(signal.SIGTERM, alive)
        time.sleep(_POLL_SECONDS)
    job.alive()


def _verdict(job: _Job, again: str) -> int:
    """Return the exit code of the job: that of the process which failed by itself.

    Raises: ProcessError with what it said, if it is not the first.
    """
    own = [one for one in job.failed if not one.ended and one.popen.returncode != LOST]
    if not own:
        if not job.failed:
            return 0
        raise ProcessError("the processes of the training have lost each other")
    first = min(own, key=lambda one: one.rank)
    code: int = first.popen.returncode
    if first.said is None and code > 0:
        return code
    count = len(job.processes)
    on = f"; go on from the last snapshot with: {again}" * (code < 0 and again != "")
    raise ProcessError(f"rank {first.rank} of {count} {_last_words(first)}{on}", max(code, 1))


def _last_words(process: _Process) -> str:
    code: int = process.popen.returncode
    said = ""
    if process.said is not None:
        size = process.said.seek(0, os.SEEK_END)
        process.said.seek(max(0, size - _MOST_SHOWN))
        said = process.said.read().decode(errors="replace").strip()
    if code < 0:
        name = signal.Signals(-code).name
        hint = ", as the system does where memory is short" * (name == "SIGKILL")
        return f"was ended by {name}{hint}" + (f": {said}" if said else "")
    return f"failed: {said.removeprefix('error: ') or f'exit code {code}'}"
