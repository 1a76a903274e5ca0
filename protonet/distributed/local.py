"""Sums over the processes of one machine, in memory that they share.

What gloo takes to pass a message between two busy processes, a millisecond or two, hardly depends
on its length. Here each process writes its numbers into a place of its own, waits for the others,
and adds up all places itself, in the order of the ranks: so that the sums are the same everywhere,
to the last bit.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from socket import socket

import torch
from torch import Tensor

PLACE_BYTES = 4 << 20
"""What a process sums at a time."""
_TURNS = 2
"""Places of each process: while one is read by others that are slower, the next is written."""
_HERE = b"."


def memory_bytes(count: int) -> int:
    """Return the size of the memory that so many processes share."""
    return _TURNS * count * PLACE_BYTES


class LocalSum:
    """Adds up tensors of processes that all call in the same order, each with its own.

    Args:
        rank: of this process.
        count: processes in all.
        memory: what they share, of `memory_bytes`.
        peers: to the first process, of the others; to each of the others in turn, of the first.
            One that is closed, by its process's end too, ends the sum with an error.
    """

    def __init__(self, rank: int, count: int, memory: mmap.mmap, peers: Sequence[socket]) -> None:
        self._rank, self._count, self._memory, self._peers = rank, count, memory, peers
        self._turn = 0

    def add_(self, values: Tensor) -> None:
        """Replace a tensor, in place, by its sum over all processes.

        Args:
            values: contiguous, on the CPU.

        Raises: RuntimeError if another process has ended, or does not come.
        """
        if values.numel():
            flat = values.detach().view(-1)
            for part in flat.split(PLACE_BYTES // flat.element_size()):
                self._add(part)

    def close(self) -> None:
        """Leave the others."""
        for peer in self._peers:
            peer.close()

    def _add(self, part: Tensor) -> None:
        first = self._turn * self._count
        places = [
            torch.frombuffer(
                self._memory, dtype=part.dtype, count=part.numel(), offset=number * PLACE_BYTES
            )
            for number in range(first, first + self._count)
        ]
        self._turn = (self._turn + 1) % _TURNS
        places[self._rank].copy_(part)
        self._wait()
        torch.add(places[0], places[1], out=part)
        for place in places[2:]:
            part.add_(place)

    def _wait(self) -> None:
        """Return when all have come so far: the first process hears of each, and tells each."""
        try:
            if self._rank:
                self._peers[0].sendall(_HERE)
            for peer in self._peers:
                if not peer.recv(1):
                    raise RuntimeError("its connection was closed")
            if not self._rank:
                for peer in self._peers:
                    peer.sendall(_HERE)
        except OSError as error:
            raise RuntimeError(error.strerror or str(error)) from error
