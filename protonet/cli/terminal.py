"""A terminal, or what stands in its place: lines that stay, and one that is replaced."""

from __future__ import annotations

import shutil
from typing import TextIO


class Terminal:
    """Shows lines on a stream; on a terminal also a status line below them.

    A terminal that is closed takes nothing with it: what is shown is dropped from then on, so that
    a run can write the snapshot that SIGHUP asks for, and go on.

    Args:
        stream: usually standard output.

    Attributes:
        live: whether the stream is a terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.live = stream.isatty()
        self._status = ""
        self._closed = False

    def line(self, text: str) -> None:
        """Show a line that stays, above the status line."""
        self._write(f"{self._cleared()}{text}\n{self._drawn()}")

    def status(self, text: str) -> None:
        """Replace the status line; an empty text removes it."""
        if not self.live:
            return
        cleared = "" if text else self._cleared()
        self._status = text
        self._write(cleared + self._drawn())

    def _cleared(self) -> str:
        return "\r\x1b[K" if self._status else ""

    def _drawn(self) -> str:
        """Return the status cut to the terminal's width: one that wrapped could not be replaced."""
        if not self._status:
            return ""
        width = shutil.get_terminal_size().columns - 1
        return f"\r{self._status[:width]}\x1b[K"

    def _write(self, text: str) -> None:
        if self._closed:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            if not self.live:  # a full disk, or a reader that has gone: the command ends
                raise
            self._closed = True
