from __future__ import annotations

import errno
import io
import os

import pytest

from protonet.cli.terminal import Terminal


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_elsewhere_than_on_a_terminal_there_are_lines_alone() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream)
    terminal.status("going on")
    terminal.line("one")
    terminal.status("")
    assert (terminal.live, stream.getvalue()) == (False, "one\n")


def test_a_status_is_replaced_and_lines_stay_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    screen = Screen()
    terminal = Terminal(screen)
    terminal.line("first")
    terminal.status("at 1")
    terminal.status("at 2")
    terminal.line("second")
    terminal.status("")
    terminal.line("third")
    assert screen.getvalue() == (
        "first\n\rat 1\x1b[K\rat 2\x1b[K\r\x1b[Ksecond\n\rat 2\x1b[K\r\x1b[Kthird\n"
    )


class Closing(Screen):
    """A terminal that is closed after its first line, or a file on a disk that is full by then."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def write(self, text: str) -> int:
        if self.getvalue():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().write(text)


def test_a_terminal_that_is_closed_takes_nothing_with_it() -> None:
    screen = Closing(terminal=True)
    terminal = Terminal(screen)
    terminal.line("first")
    terminal.line("second")
    terminal.status("at 2")
    assert screen.getvalue() == "first\n"


def test_a_file_that_cannot_be_written_is_an_error() -> None:
    terminal = Terminal(Closing(terminal=False))
    terminal.line("first")
    with pytest.raises(OSError, match="Input/output error"):
        terminal.line("second")


def test_a_status_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "8")
    screen = Screen()
    Terminal(screen).status("0123456789")
    assert screen.getvalue() == "\r0123456\x1b[K"
