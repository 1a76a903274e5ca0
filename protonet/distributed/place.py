"""What `protonet train --nproc` tells the processes that it starts, beside what `torchrun` does."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping

SOCKET = "PROTONET_SOCKET"
"""Variable: number of an open socket that the first process is to listen on."""
LAUNCHER = "PROTONET_LAUNCHER"
"""Variable: number of an open pipe that ends with what started the process."""
LOST = 75
"""Exit code of a process that ends because another one has."""


def is_member(environment: Mapping[str, str]) -> bool:
    """Return whether a process is one of several that train together."""
    return "RANK" in environment and environment.get("WORLD_SIZE", "1") != "1"


def is_first(environment: Mapping[str, str]) -> bool:
    """Return whether a process is the one that speaks to people."""
    return not is_member(environment) or environment["RANK"] == "0"


def is_launched(environment: Mapping[str, str]) -> bool:
    """Return whether a process was started by `protonet train --nproc`."""
    return LAUNCHER in environment


def end_with_launcher(environment: Mapping[str, str]) -> None:
    """Have this process told to end when the one that started it has gone."""
    pipe = int(environment[LAUNCHER])
    os.set_inheritable(pipe, False)

    def wait() -> None:
        os.read(pipe, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="protonet-launcher", daemon=True).start()
