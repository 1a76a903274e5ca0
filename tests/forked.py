"""Has imported everything, and forks: `python -m tests.forked NUMBER`, an open socket on which
`tests.forking` asks for commands. No tensor is computed with here, and there is no group: threads
would be missing in what is forked."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, NoReturn

from protonet.distributed import launch

# what commands import when they need it
for _name in (
    *("protonet.cli", "protonet.run.train", "protonet.run.measure", "protonet.run.replaying"),
    *("torch.distributed.device_mesh", "torch.distributed.fsdp", "torch.distributed.tensor.debug"),
    *("torch.utils.serialization", "numpy.ma"),
):
    importlib.import_module(_name)


class Forked:
    """A process that runs a command, as `subprocess.Popen` starts one, but forked from this one.

    Args:
        command: `python -m MODULE …` or `python -c TEXT …`.
        env: its environment; left out: this one's.
        stdin: unused; it reads nothing.
        stdout: an open file, DEVNULL, or this one's.
        stderr: the same.
        pass_fds: what else it has open.
        start_new_session: whether it leads a session of its own.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: int = subprocess.DEVNULL,
        stdout: int | IO[bytes] | None = None,
        stderr: int | IO[bytes] | None = None,
        pass_fds: Sequence[int] = (),
        start_new_session: bool = False,
    ) -> None:
        self.returncode: int | None = None
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid:
            return
        try:
            if start_new_session:
                os.setsid()
            _keep_only(stdout, stderr, pass_fds)
            _be(command, os.environ.copy() if env is None else env)
        finally:
            os._exit(70)

    def poll(self) -> int | None:
        """Return the exit code, negative after a signal; None while it runs."""
        return self._ended(os.WNOHANG)

    def wait(self) -> int:
        """Wait for its end and return the exit code."""
        code = self._ended(0)
        assert code is not None
        return code

    def _ended(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)


def _keep_only(
    stdout: int | IO[bytes] | None, stderr: int | IO[bytes] | None, kept: Sequence[int]
) -> None:
    """Have these standard streams, these files, and no others open."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    for number, given in ((1, stdout), (2, stderr)):
        if given == subprocess.DEVNULL:
            os.dup2(nothing, number)
        elif given is not None:
            os.dup2(given if isinstance(given, int) else given.fileno(), number)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in kept:
            with contextlib.suppress(OSError):  # what has listed them
                os.close(int(name))


def _be(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Run a command in this process, and end it."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    if "RANK" in environment:
        Path(f"rank_{environment['RANK']}.pid").write_text(str(os.getpid()))
    setattr(launch, "subprocess", SimpleNamespace(Popen=Forked, DEVNULL=subprocess.DEVNULL))  # noqa: B010  # mypy knows the module's own
    code = _code(command)
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _code(command: Sequence[str]) -> int:
    """Return the exit code that Python would end with."""
    _, way, what, *words = command
    sys.argv = [what, *words]
    try:
        if way == "-m":
            runpy.run_module(what, run_name="__main__", alter_sys=True)
        else:
            exec(compile(what, "<command>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        return int(end.code is not None) if not isinstance(end.code, int) else end.code
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def serve(line: socket.socket) -> None:
    """Fork what is asked for, one after the other, until the other end is closed."""
    while True:
        request, (*files,), _, _ = socket.recv_fds(line, 1 << 20, 2)
        if not request:
            return
        wanted = json.loads(request)
        os.chdir(wanted["folder"])
        child = Forked(
            wanted["command"], env=wanted["environment"], stdout=files[0], stderr=files[1]
        )
        for file in files:
            os.close(file)
        _tell(line, child.pid)
        ended = os.pidfd_open(child.pid)
        if line.fileno() in select.select([line.fileno(), ended], [], [])[0]:
            child.send_signal(signal.SIGKILL)  # nobody waits for it
        os.close(ended)
        _tell(line, child.wait())


def _tell(line: socket.socket, value: Any) -> None:
    with contextlib.suppress(BrokenPipeError):
        line.send(json.dumps(value).encode())


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)  # nothing is open, and the end of a Python that has torch takes a second
