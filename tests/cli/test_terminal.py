from __future__ import annotations

import io

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


def test_a_status_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "8")
    screen = Screen()
    Terminal(screen).status("0123456789")
    assert screen.getvalue() == "\r0123456\x1b[K"
