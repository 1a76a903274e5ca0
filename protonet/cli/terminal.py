"""A terminal, or what stands in its place: lines that stay, and one that is replaced."""

from __future__ import annotations

import shutil
from typing import TextIO


class Terminal:
    """Shows lines on a stream; on a terminal also a status line below them.

    Args:
        stream: usually standard output.

    Attributes:
        live: whether the stream is a terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.live = stream.isatty()
        self._status = ""

    def line(self, text: str) -> None:
        """Show a line that stays, above the status line."""
        self._stream.write(f"{self._cleared()}{text}\n")
        if self._status:
            self._draw()
        self._stream.flush()

    def status(self, text: str) -> None:
        """Replace the status line; an empty text removes it."""
        if not self.live:
            return
        if not text:
            self._stream.write(self._cleared())
        self._status = text
        if text:
            self._draw()
        self._stream.flush()

    def _cleared(self) -> str:
        return "\r\x1b[K" if self._status else ""

    def _draw(self) -> None:
        """Draw the status cut to the terminal's width: one that wrapped could not be replaced."""
        width = shutil.get_terminal_size().columns - 1
        self._stream.write(f"\r{self._status[:width]}\x1b[K")
