"""What a run computes with: the device and the threads; chosen once, recorded, restored."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from protonet.distributed.group import ALONE, Group
from protonet.errors import DeviceError, PathError, UsageError
from protonet.run.choice import Choice
from protonet.snapshot import Machine
from protonet.spec.parallel import FSDP
from protonet.spec.solver import SolverSpec

_MOST_THREADS = 1024
_TOO_LARGE = re.compile(r"DefaultCPUAllocator: .*tried to allocate (\d+) bytes")
"""What torch says in a bare RuntimeError when the machine's memory is too small."""


def choose_device(
    solver: SolverSpec | None, before: Machine | None = None, group: Group = ALONE
) -> str:
    """Return the device to compute on: what the spec asks for, else what was used before. Each of
    several processes has a GPU of its own.

    Raises: DeviceError if it is not there, or cannot be had by each process.
    """
    wanted = solver.device if solver else "auto"
    chosen = before.device if before and wanted == "auto" else wanted
    if group.is_alone:
        return _device(chosen)
    if wanted.startswith(("cuda:", "mps")):
        raise DeviceError(
            f"solver.device {wanted} is one device, and there are {group.count} processes; write "
            "cuda, which gives each its own, or cpu"
        )
    if _device("auto" if chosen == "auto" else chosen).startswith("cuda"):
        return _device(f"cuda:{group.local_rank}")
    return "cpu"


def set_threads(
    solver: SolverSpec | None, before: Machine | None = None, group: Group = ALONE
) -> int:
    """Set torch's threads to what the spec asks for, else as before with as many processes, else
    the cores at hand for each process.

    Raises: PathError if they are more than OpenMP can start, which would end the process.
    """
    same = before is not None and before.processes == group.count
    usual = before.threads if before and same else max(cores() // group.local_count, 1)
    threads: int = (solver and solver.threads) or usual
    most = max(_MOST_THREADS, cores())
    if threads > most:
        why = f"must be at most {most}"
        raise PathError("PN013", ("solver", "threads"), why, got=str(threads))
    torch.set_num_threads(threads)
    return threads


def set_deterministic(wanted: bool) -> None:
    """Have torch refuse, or no longer refuse, operations that may give other bits each time.

    cuBLAS gives the same bits only with a workspace of its own, which it reads from the environment
    when CUDA is first used.
    """
    if wanted:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    if wanted or torch.are_deterministic_algorithms_enabled():
        torch.use_deterministic_algorithms(wanted)  # imports torch's compiler: more than a second


def choose_layout(solver: SolverSpec, before: Machine | None = None) -> bool | None:
    """Return whether images lie channels last: as the spec asks, else as before; None leaves it to
    the net. Parameters that are shared out are cut by rows, which must lie one after the other."""
    if solver.parallel == FSDP:
        return False
    if solver.channels_last is None and before:
        return before.channels_last
    return solver.channels_last


def choose_compilation(solver: SolverSpec, before: Machine | None) -> bool | str:
    """Return whether, or in which mode, the net is compiled: as the spec asks, else as before."""
    if solver.compile is None:
        return before.compile if before else False
    return solver.compile


def this_machine(
    device: str, choice: Choice, layout: torch.memory_format, group: Group = ALONE
) -> Machine:
    """Return what is recorded of this machine, and of what was chosen on it."""
    return Machine(
        device=device,
        threads=choice.threads,
        channels_last=layout is torch.channels_last,
        compile=choice.compile,
        processes=group.count,
        processor=torch.backends.cpu.get_cpu_capability(),
        torch=torch.__version__,
    )


def check_same(before: Machine, machine: Machine) -> None:
    """Refuse to go on where the spec now asks for what would change the run.

    Raises: UsageError naming the key.
    """
    names = ("device", "threads", "channels_last", "compile")
    for name in names[2 * (before.processes != machine.processes) :]:
        old, new = getattr(before, name), getattr(machine, name)
        if old != new:
            raise UsageError(
                f"solver.{name} is {str(new).lower()}, and the run was trained with "
                f"{str(old).lower()}: it would not go on as it was; leave solver.{name} out, or "
                "set it back"
            )


def differences(before: Machine, now: Machine) -> list[str]:
    """Return what cannot be restored, though the run can go on: its bits may differ from here."""
    return [
        f"{what} was {getattr(before, name)}, now {getattr(now, name)}"
        for name, what in _NOTED
        if getattr(before, name) != getattr(now, name)
    ]


_NOTED = (
    ("torch", "torch"),
    ("processor", "the processor"),
    ("processes", "the number of processes"),
)
"""Fields of a machine that may differ, and what people call them."""


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def memory_errors() -> Iterator[None]:
    """Turn what torch and NumPy raise where memory is short into a DeviceError."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:  # torch.OutOfMemoryError is a RuntimeError
        why = why_no_memory(error)
        if why is None:
            raise
        raise DeviceError(
            f"out of memory: {why}; make the net smaller, or batch_size with a larger iter_size, "
            "which gives the same updates"
        ) from error


def why_no_memory(error: RuntimeError | MemoryError) -> str | None:
    """Return what was too large, or None where the error is of another kind."""
    first = (str(error).splitlines() or ["there is none left"])[0]
    if isinstance(error, RuntimeError) and not isinstance(error, torch.OutOfMemoryError):
        found = _TOO_LARGE.search(first)
        return found and f"{int(found[1]):,} bytes were asked for at once"
    return first


def _device(wanted: str) -> str:
    if wanted == "auto":
        if torch.cuda.is_available():
            return "cuda:0"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    kind, _, number = wanted.partition(":")
    if kind == "cuda":
        return f"cuda:{_cuda_number(wanted, int(number or 0))}"
    if kind == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("solver.device mps: this machine has no MPS device; try device: auto")
    return kind


def _cuda_number(wanted: str, number: int) -> int:
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count == 0:
        raise DeviceError(
            f"solver.device {wanted}: this machine, or this build of torch, has no CUDA device; "
            "try device: auto"
        )
    if number >= count:
        raise DeviceError(
            f"solver.device {wanted}: this machine has {count} CUDA device{'s' * (count > 1)}, "
            f"cuda:0{f' to cuda:{count - 1}' * (count > 1)}"
        )
    return number
