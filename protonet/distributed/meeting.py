"""How the processes of one machine come to share memory: over a socket that only they can open."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from socket import AF_UNIX, recv_fds, send_fds, socket
from typing import Protocol

from protonet.distributed.local import LocalSum, memory_bytes

_PATIENCE = 20.0
"""Seconds that the processes wait for each other; those that do not meet do without."""
_RANK_BYTES = 4


class Meeting(Protocol):
    """What the processes can tell each other before they meet."""

    @property
    def rank(self) -> int:
        """Of this process, from 0."""
        ...

    @property
    def count(self) -> int:
        """Processes in all."""
        ...

    def from_first(self, make: Callable[[], str]) -> str:
        """Return what the first process makes."""
        ...

    def gathered(self, value: bool) -> list[bool]:
        """Return the values of all processes."""
        ...


def meet(group: Meeting, timeout: float) -> LocalSum | None:
    """Return what sums over processes that are all on this machine; None where one of them cannot
    take part, since it sees another file system, say.

    Args:
        group: the processes; all call this at once.
        timeout: seconds that one waits for another later.
    """
    with ExitStack() as peers, _door(group.rank == 0 and hasattr(os, "memfd_create")) as door:
        path = group.from_first(lambda: door.getsockname() if door else "")
        shared = None
        with suppress(OSError):
            shared = _welcome(group, door, peers) if door else _arrive(group, path, peers)
        if not all(group.gathered(shared is not None)) or shared is None:
            return None
        memory, sockets = shared
        for one in sockets:
            one.settimeout(timeout)
        peers.pop_all()
        return LocalSum(group.rank, group.count, memory, sockets)


@contextmanager
def _door(wanted: bool) -> Iterator[socket | None]:
    """Give the first process a socket that others of this user can find; None where it cannot be,
    and to the others."""
    with ExitStack() as stack:
        door = None
        if wanted:
            with suppress(OSError):
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="protonet-"))
                door = stack.enter_context(socket(AF_UNIX))
                door.bind(os.path.join(folder, "door"))
                door.listen()
                door.settimeout(_PATIENCE)
        yield door


def _welcome(group: Meeting, door: socket, peers: ExitStack) -> tuple[mmap.mmap, list[socket]]:
    """Make the memory and hand it to each of the others."""
    size = memory_bytes(group.count)
    file = os.memfd_create("protonet")
    try:
        os.ftruncate(file, size)
        found: dict[int, socket] = {}
        while len(found) < group.count - 1:
            peer = peers.enter_context(door.accept()[0])
            peer.settimeout(_PATIENCE)
            found[int.from_bytes(peer.recv(_RANK_BYTES), "little")] = peer
            send_fds(peer, [b"."], [file])
        return mmap.mmap(file, size), [found[rank] for rank in sorted(found)]
    finally:
        os.close(file)


def _arrive(group: Meeting, path: str, peers: ExitStack) -> tuple[mmap.mmap, list[socket]] | None:
    """Take the memory from the first process."""
    peer = peers.enter_context(socket(AF_UNIX))
    peer.settimeout(_PATIENCE)
    peer.connect(path)
    peer.sendall(group.rank.to_bytes(_RANK_BYTES, "little"))
    _, files, _, _ = recv_fds(peer, 1, 1)
    try:
        return (mmap.mmap(files[0], memory_bytes(group.count)), [peer]) if files else None
    finally:
        for file in files:
            os.close(file)
