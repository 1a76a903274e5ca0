"""Sums in shared memory; ranks are threads here, each with its own end of the sockets."""

from __future__ import annotations

import mmap
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from socket import socket, socketpair
from typing import TypeVar

import pytest
import torch
from torch import Tensor

from protonet.distributed.local import PLACE_BYTES, LocalSum, memory_bytes

Value = TypeVar("Value")
SECONDS = 20.0


def ranks(count: int, stack: ExitStack) -> list[LocalSum]:
    """Return sums that are connected as `protonet.distributed.meeting` connects them."""
    memory = mmap.mmap(-1, memory_bytes(count))
    pairs = [socketpair() for _ in range(count - 1)]
    for one in (end for pair in pairs for end in pair):
        one.settimeout(SECONDS)
        stack.callback(one.close)
    peers: list[list[socket]] = [[near for near, _ in pairs], *([far] for _, far in pairs)]
    return [LocalSum(rank, count, memory, peers[rank]) for rank in range(count)]


def together(count: int, work: Callable[[int, LocalSum], Value]) -> list[Value]:
    """Return what the work of each rank gives, all at once."""
    with ExitStack() as stack, ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count), ranks(count, stack)))


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float64, torch.bfloat16, torch.int64, torch.uint8]
)
def test_tensors_are_added_up(dtype: torch.dtype, count: int) -> None:
    def work(rank: int, local: LocalSum) -> Tensor:
        values = torch.arange(6).view(2, 3).to(dtype) * (rank + 1)
        local.add_(values)
        return values

    factor = count * (count + 1) // 2
    for found in together(count, work):
        assert found.dtype == dtype
        assert found.tolist() == [[0, factor, 2 * factor], [3 * factor, 4 * factor, 5 * factor]]


def test_a_single_number_and_none_at_all() -> None:
    def work(rank: int, local: LocalSum) -> tuple[float, int]:
        one, none = torch.tensor(0.5 + rank), torch.empty(0)
        local.add_(none)
        local.add_(one)
        return one.item(), none.numel()

    assert together(2, work) == [(2.0, 0)] * 2


def test_what_is_larger_than_a_place_goes_in_pieces() -> None:
    length = 2 * PLACE_BYTES // 8 + 3

    def work(rank: int, local: LocalSum) -> Tensor:
        values = torch.arange(length, dtype=torch.float64) * (1 + 9 * rank)
        local.add_(values)
        return values

    for found in together(2, work):
        assert torch.equal(found, torch.arange(length, dtype=torch.float64) * 11)


def test_every_rank_has_the_same_bits_added_in_the_order_of_the_ranks() -> None:
    own = [torch.rand(1000, generator=torch.Generator().manual_seed(rank)) for rank in range(3)]

    def work(rank: int, local: LocalSum) -> Tensor:
        values = own[rank].clone()
        local.add_(values)
        return values

    for found in together(3, work):
        assert torch.equal(found, own[0] + own[1] + own[2])


def test_a_slow_rank_reads_what_belongs_to_its_turn() -> None:
    def work(rank: int, local: LocalSum) -> list[float]:
        found = []
        for turn in range(30):
            values = torch.full((50_000,), turn + 100.0 * rank)
            if (turn + rank) % 3 == 0:
                time.sleep(0.002)
            local.add_(values)
            assert bool((values == values[0]).all())
            found.append(values[0].item())
        return found

    assert together(3, work) == [[3.0 * turn + 300 for turn in range(30)]] * 3


@pytest.mark.parametrize("leaves", [0, 1])
def test_a_rank_that_has_ended_is_an_error_at_once(leaves: int) -> None:
    def work(rank: int, local: LocalSum) -> str:
        if rank == leaves:
            local.close()
            return ""
        with pytest.raises(RuntimeError) as caught:
            local.add_(torch.ones(3))
        local.close()  # as a process does that ends with it
        return str(caught.value)

    messages = together(3, work)
    assert messages.pop(leaves) == ""
    assert {*messages} <= {"its connection was closed", "Broken pipe", "Connection reset by peer"}


def test_a_rank_that_does_not_come_is_given_up() -> None:
    done = threading.Event()

    def work(rank: int, local: LocalSum) -> str:
        if rank:
            done.wait(SECONDS)
            return "late"
        local._peers[0].settimeout(0.01)
        with pytest.raises(RuntimeError) as caught:
            local.add_(torch.ones(3))
        done.set()
        return str(caught.value)

    assert together(2, work) == ["timed out", "late"]
