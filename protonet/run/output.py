"""Where the words of a run go: a person's terminal, through a protocol, and `log.txt`."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from protonet.run.growing import GrowingFile


class Output(Protocol):
    """What shows a run to a person; `protonet.cli.terminal` is one."""

    live: bool
    """Whether a status line is shown, so that lines of progress need not be kept."""

    def line(self, text: str) -> None:
        """Show a line that stays."""
        ...

    def status(self, text: str) -> None:
        """Show a line that the next one replaces; nothing where that cannot be done."""
        ...


class Silent:
    """Shows nothing: a run that was started from Python writes its log only."""

    live = False

    def line(self, text: str) -> None:
        """Do nothing."""

    def status(self, text: str) -> None:
        """Do nothing."""


class Log:
    """Shows lines, and writes them to the run's log.

    Args:
        path: `log.txt`, appended to.
        output: what shows them.

    Raises: StorageError if the file cannot be opened.
    """

    def __init__(self, path: Path, output: Output) -> None:
        self._output, self._file = output, GrowingFile(path)

    def say(self, text: str) -> None:
        """Show a line that stays, and write it."""
        self._output.line(text)
        self.note(text)

    def progress(self, text: str) -> None:
        """Write a line; show it where there is no live line that says the same."""
        if not self._output.live:
            self._output.line(text)
        self.note(text)

    def note(self, text: str) -> None:
        """Write a line without showing it.

        Raises: StorageError if the disk refuses.
        """
        self._file.append(f"{text}\n".encode())

    def close(self) -> None:
        """Close the file."""
        self._file.close()
