"""Who trains, and where those write that do not keep the run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from protonet.distributed.group import Group, joined
from protonet.run.folder import RunFolder


@dataclass(frozen=True, slots=True)
class Crew:
    """The processes that train together.

    Attributes:
        group: the processes.
        scratch: the folder of what a process that is not the first would write; None for the first.
    """

    group: Group
    scratch: RunFolder | None


@contextmanager
def gathered_crew() -> Iterator[Crew]:
    """Take part in the training that the environment names, within the block; what a process that
    is not the first has written is dropped.

    Raises: UsageError for an environment that names no place in it; ProcessError if the others do
        not come.
    """
    with joined() as group:
        if group.is_first:
            yield Crew(group, None)
            return
        with TemporaryDirectory(prefix="protonet-") as path:
            yield Crew(group, RunFolder(Path(path)))
