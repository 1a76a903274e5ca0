"""The processes of one training, and what passes between them.

`torchrun` and `protonet train --nproc` tell each process its place in environment variables.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import torch
import torch.distributed as dist

# Imported once there is a group, its functions would keep that as their default, and with it
# threads that abort Python at its end.
import torch.distributed.nn.functional
from torch import Tensor

from protonet.distributed.local import LocalSum
from protonet.distributed.meeting import meet
from protonet.distributed.place import SOCKET
from protonet.errors import ProcessError, UsageError

Value = TypeVar("Value")

_TIMEOUT = timedelta(minutes=30)
"""How long a process waits for another that is alive; one that ended is noticed at once."""
_ADDRESS = ("MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True, slots=True)
class Group:
    """The place of this process among those that train together.

    All processes call the methods that pass something between them in the same order.

    Attributes:
        rank: of this process, from 0.
        count: processes in all.
        local_rank: among those of this machine.
        local_count: processes on this machine.
        local: sums over all of them where all are on this machine; None: torch does.
    """

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    local_count: int = 1
    local: LocalSum | None = field(default=None, kw_only=True, compare=False, repr=False)

    @property
    def is_alone(self) -> bool:
        """Whether this process trains by itself."""
        return self.count == 1

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes files and speaks to people."""
        return self.rank == 0

    def add_(self, values: Tensor) -> None:
        """Replace a tensor, in place, by its sum over all processes; it is the same everywhere.

        Raises: ProcessError if another process has ended.
        """
        if self.is_alone:
            return
        with self._together():
            if self.local is not None and values.device.type == "cpu" and values.is_contiguous():
                self.local.add_(values)
            else:
                dist.all_reduce(values)

    def rows(self, own: Tensor) -> Tensor:
        """Return the tensors, (…), of all processes by rank, (count, …); the gradient flows back to
        each.

        Raises: ProcessError if another process has ended.
        """
        if self.is_alone:
            return own.unsqueeze(0)
        found: Tensor = _Rows.apply(own, self)
        return found

    def joined_rows(self, own: Tensor) -> Tensor:
        """Return the rows of all processes, one after the other by rank: of (R, …) in each,
        (count * R, …).

        Raises: ProcessError if another process has ended.
        """
        if self.is_alone:
            return own
        whole = own.new_empty((self.count * len(own), *own.shape[1:]))
        with self._together(), torch.no_grad():
            dist.all_gather([*whole.chunk(self.count)], own.detach().contiguous())
        return whole

    def gathered(self, value: Value) -> list[Value]:
        """Return the values of all processes, by rank; tensors in them lie on the CPU.

        Raises: ProcessError if another process has ended.
        """
        if self.is_alone:
            return [value]
        found: list[Any] = [None] * self.count
        with self._together():
            dist.all_gather_object(found, value)
        return found

    def from_first(self, make: Callable[[], Value]) -> Value:
        """Return what the first process makes; the others wait for it.

        Raises: what `make` raises; ProcessError if another process has ended.
        """
        if self.is_alone:
            return make()
        box: list[Any] = [make() if self.is_first else None]
        with self._together():
            dist.broadcast_object_list(box, src=0)
        value: Value = box[0]
        return value

    def copy_from_first_(self, tensors: list[Tensor]) -> None:
        """Give all processes, in place, the tensors of the first one.

        Raises: ProcessError if another process has ended.
        """
        if self.is_alone:
            return
        with self._together(), torch.no_grad():
            for tensor in tensors:
                dense = tensor.detach().contiguous()
                dist.broadcast(dense, src=0)
                tensor.copy_(dense)

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Turn what torch raises when a process is missing into a ProcessError."""
        try:
            yield
        except RuntimeError as error:
            raise ProcessError(
                f"rank {self.rank} of {self.count} lost the others: one of them has ended, and "
                f"says why itself ({_reason(error)})"
            ) from error


ALONE = Group()
"""A process that trains by itself."""


class _Rows(torch.autograd.Function):
    """Gathers a tensor of each process into the rows of one."""

    @staticmethod
    def forward(context: Any, own: Tensor, group: Group) -> Tensor:
        """Map (…) to (count, …)."""
        context.group = group
        table = own.new_zeros((group.count, *own.shape))
        table[group.rank] = own
        group.add_(table)
        return table

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """Return the gradient of this process's row: every process has used it."""
        (gradient,) = gradients
        group: Group = context.group
        whole = gradient.contiguous().clone()
        group.add_(whole)
        return whole[group.rank], None


@contextmanager
def joined(environment: Mapping[str, str] = os.environ) -> Iterator[Group]:
    """Take part in the group that the environment names, within the block.

    Args:
        environment: the variables that `torchrun` sets.

    Raises: UsageError if they are not all there; ProcessError if the others do not come.
    """
    group = group_of(environment)
    if group.is_alone or dist.is_initialized():
        yield group
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(group.local_rank % torch.cuda.device_count())
    with group._together():
        _enter(group, environment)
    try:
        with ExitStack() as stack:
            if group.local_count == group.count:
                group = replace(group, local=meet(group, _TIMEOUT.total_seconds()))
            if group.local is not None:
                stack.callback(group.local.close)
            yield group
    finally:
        _leave()


def group_of(environment: Mapping[str, str]) -> Group:
    """Return the place that the environment gives this process.

    Raises: UsageError naming a variable that is missing or is no number.
    """
    if "WORLD_SIZE" not in environment or "RANK" not in environment:
        return ALONE
    rank, count = _number(environment, "RANK"), _number(environment, "WORLD_SIZE")
    if count == 1:
        return ALONE
    missing = [name for name in _ADDRESS if name not in environment]
    if missing:
        raise UsageError(
            f"WORLD_SIZE is {count}, and {' and '.join(missing)} "
            f"{'are' if len(missing) > 1 else 'is'} not set: start the processes with torchrun, or "
            "with protonet train --nproc"
        )
    local_rank, local_count = (
        _number(environment, name) if name in environment else default
        for name, default in (("LOCAL_RANK", rank), ("LOCAL_WORLD_SIZE", count))
    )
    if not rank < count:
        raise UsageError(f"RANK is {rank}, and of {count} processes the last one is {count - 1}")
    return Group(rank, count, local_rank, local_count)


def _reason(error: RuntimeError) -> str:
    """Return what torch says, without the place in its sources and without its advice."""
    first = next(iter(str(error).splitlines()), type(error).__name__)
    return re.sub(r"^\[[^]]*\] ", "", first).partition(". ")[0]


def _number(environment: Mapping[str, str], name: str) -> int:
    text = environment[name]
    if not text.isdecimal():
        raise UsageError(f'{name} is "{text}", which is no number of a process')
    return int(text)


def _enter(group: Group, environment: Mapping[str, str]) -> None:
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo",
        store=_store(group, environment),
        timeout=_TIMEOUT,
        rank=group.rank,
        world_size=group.count,
    )


def _leave() -> None:
    """End the group and all that keeps it: else its threads outlive Python, which aborts."""
    if "torch.distributed.tensor" in sys.modules:
        with suppress(ImportError):  # it is not of torch's public parts
            from torch.distributed.tensor.debug import _clear_sharding_prop_cache

            _clear_sharding_prop_cache()  # for parameters shared out it keeps the group itself
        gc.collect()  # and the modules that have them keep themselves
    dist.destroy_process_group()


def _store(group: Group, environment: Mapping[str, str]) -> Any:
    """Return what the processes find each other by.

    `torchrun` serves it itself, and keeps it where it starts the processes anew: each start has
    keys of its own, or the addresses of those that ended would be found.
    """
    served = environment.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
    serve = partial(
        dist.TCPStore,  # type: ignore[attr-defined]  # torch's door does not name it
        environment["MASTER_ADDR"],
        int(environment["MASTER_PORT"]),
        group.count,
        group.is_first and not served,
        _TIMEOUT,
    )
    opened = environment.get(SOCKET) if group.is_first else None
    store = serve() if opened is None else serve(master_listen_fd=int(opened))
    start = environment.get("TORCHELASTIC_RESTART_COUNT", "0")
    return dist.PrefixStore(f"start {start}", store)  # type: ignore[attr-defined]  # the same
