"""Several ranks as threads of one process: what they compute, without starting processes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor

from protonet.distributed.group import Group

Value = TypeVar("Value")


class Meeting:
    """Where the threads of a group exchange what they have, in turn."""

    def __init__(self, count: int) -> None:
        self._barrier = threading.Barrier(count, timeout=20)
        self._brought: list[Any] = [None] * count

    def exchange(self, rank: int, value: Any) -> list[Any]:
        self._brought[rank] = value
        self._barrier.wait()
        found = list(self._brought)
        self._barrier.wait()
        return found

    def abort(self) -> None:
        self._barrier.abort()


@dataclass(frozen=True)
class Sibling(Group):
    """A rank that is a thread."""

    meeting: Meeting = field(default_factory=lambda: Meeting(1))

    def add_(self, values: Tensor) -> None:
        with torch.no_grad():
            parts = self.meeting.exchange(self.rank, values.detach().clone())
            values.copy_(torch.stack(parts).sum(0))

    def joined_rows(self, own: Tensor) -> Tensor:
        return torch.cat(self.meeting.exchange(self.rank, own.detach().clone()))

    def gathered(self, value: Value) -> list[Value]:
        return self.meeting.exchange(self.rank, value)

    def from_first(self, make: Callable[[], Value]) -> Value:
        first: Value = self.meeting.exchange(self.rank, make() if self.is_first else None)[0]
        return first

    def copy_from_first_(self, tensors: list[Tensor]) -> None:
        with torch.no_grad():
            for tensor in tensors:
                tensor.copy_(self.from_first(lambda own=tensor: own.detach().clone()))  # type: ignore[misc]


def together(count: int, work: Callable[[Group], Value]) -> list[Value]:
    """Return what each of so many ranks gives, run at the same time."""
    meeting = Meeting(count)
    results: list[Any] = [None] * count
    errors: list[BaseException] = []

    def run(rank: int) -> None:
        try:
            results[rank] = work(Sibling(rank, count, rank, count, meeting))
        except BaseException as error:
            errors.append(error)
            meeting.abort()

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results
