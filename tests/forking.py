"""Processes forked from one that has imported everything: the same commands, without the seconds of
processor time for which each process would import torch.

What is forked is `tests.forked`. It has arguments, environment, folder and standard streams of its
own; what it does not do is to start and to end a Python, which is left to tests that start one.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]


class Nursery:
    """Starts commands, one at a time; made once and closed once.

    The process that forks them is started with the first.
    """

    def __init__(self) -> None:
        self._parent: subprocess.Popen[bytes] | None = None
        self._line, self._other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def start(self, command: Sequence[str], out: int = 1, err: int = 2) -> Child:
        """Start `python -m MODULE …` or `python -c TEXT …` here and now: in this folder, with this
        environment.

        Args:
            command: its words.
            out: where its standard output goes, an open file.
            err: where its standard error goes.
        """
        if self._parent is None:
            words = [sys.executable, "-m", "tests.forked", str(self._other.fileno())]
            environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
            # else what looks for a GPU, as some of torch does when it is imported, begins to use
            # it, and what is forked cannot
            environment["PYTORCH_NVML_BASED_CUDA_CHECK"] = "1"
            self._parent = subprocess.Popen(
                words, env=environment, stdin=subprocess.DEVNULL, pass_fds=[self._other.fileno()]
            )
            self._other.close()  # so that the end of the other is seen here
        wanted = {"command": [*command], "folder": os.getcwd(), "environment": dict(os.environ)}
        self._line.settimeout(60)
        socket.send_fds(self._line, [json.dumps(wanted).encode()], [out, err])
        return Child(self._line, json.loads(self._line.recv(64)))

    def run(self, command: Sequence[str]) -> int:
        """Start a command, wait for its end and return its exit code."""
        child = self.start(command)
        try:
            return child.wait(120)
        finally:
            child.kill()

    def close(self) -> None:
        """End the process that forks, and what it has forked."""
        self._line.close()
        self._other.close()
        if self._parent is not None:
            self._parent.wait(20)


class Child:
    """A command that was started, as `subprocess.Popen` shows one."""

    def __init__(self, line: socket.socket, pid: int) -> None:
        self._line, self.pid = line, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, negative after a signal; None while it runs."""
        with suppress(TimeoutError):
            self.wait(0.001)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Return the exit code.

        Raises: TimeoutError if it runs for so many seconds more.
        """
        if self.returncode is None:
            self._line.settimeout(timeout)
            self.returncode = int(json.loads(self._line.recv(64)))
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it, if it runs, and wait for that."""
        self.send_signal(signal.SIGKILL)
        self.wait(20)


def ranks_of(folder: Path) -> dict[int, int]:
    """Return the living processes of the last launch in a folder, by rank: those that were started
    there, and those that were forked and left a note."""
    notes = {int(note.stem[5:]): note.read_text() for note in folder.glob("rank_*.pid")}
    found = {rank: int(text) for rank, text in notes.items() if text and _runs(int(text))}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            variables = (process / "environ").read_bytes().split(b"\0")
            if (process / "cwd").resolve() == folder.resolve() and _runs(int(process.name)):
                own = {int(one[5:]): int(process.name) for one in variables if one[:5] == b"RANK="}
                found |= own
    return found


def _runs(pid: int) -> bool:
    """Return whether a process is there and has not ended."""
    with suppress(OSError):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state not in "ZX"
    return False
